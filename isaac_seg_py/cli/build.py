"""`isaac-seg build`: an engine for TensorRT from an ONNX model."""

from __future__ import annotations

import argparse
from dataclasses import replace
import json
from pathlib import Path
import time
from typing import Any, Final

from .inspecting.engine_table import show_engine
from .making.engine_parts import parts_to_build, PartToBuild
from ..catalog.model_folders import find_manifest
from ..errors import BackendError, ConfigError
from ..infer.engine_options import EngineOptions, parse_profile, PRECISIONS
from ..progress import Progress
from ..user_files import user_path

EXAMPLE = 'isaac-seg build tiny-unet --precision fp16 --for 8.9 --for 12.0'
_LIBRARIES: Final = ('auto', 'tensorrt', 'tensorrt-rtx')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    add = parser.add_argument
    add('model', nargs='?', help='name of a model, a manifest or an ONNX file')
    add('--part', default='', metavar='NAME', help='one of several networks, as decoder')
    add('--precision', choices=PRECISIONS, help='arithmetic (fp16, or as the model asks for)')
    add(
        '--shape',
        action='append',
        default=[],
        metavar='NAME=SHAPE',
        help='shape of an input with free axes: image=1x3x480x640, or smallest:usual:largest',
    )
    add(
        '--for',
        dest='targets',
        action='append',
        default=[],
        metavar='8.9',
        help='compute capability of another GPU; tensorrt-rtx builds for it without having it',
    )
    add('--library', choices=_LIBRARIES, default='auto', help='library to build for (%(default)s)')
    add('--out', metavar='FILE', help='file to write, in place of one in the cache of engines')
    add('--keep', action='append', default=[], metavar='WHAT',
        help='operator, or pattern of node names, to keep in float32')  # fmt: skip
    add('--plugin', action='append', default=[], metavar='LIBRARY', help='custom operators')
    add('--workspace', type=int, default=0, metavar='BYTES', help='memory to work in')
    add('--dla-core', type=int, default=-1, metavar='N', help='DLA core of a Jetson')
    add('--int8-cache', metavar='FILE', help='calibration cache for int8 (TensorRT 10)')
    add('--timing-cache', metavar='FILE', help='timings to read and to write (tensorrt)')
    add('--version-compatible', action='store_true', help='let newer versions run it')
    add('--hardware-compatible', action='store_true', help='let newer GPUs run it (tensorrt)')
    add('--rebuild', action='store_true', help='build even where there is an engine')
    add('--json', action='store_true', help='print JSON')
    add('--list', action='store_true', help='list the engines of the cache')
    add('--clear', action='store_true', help='take all engines of the cache away')


def run(arguments: argparse.Namespace) -> int:
    """Build, or look after the cache."""
    if arguments.list or arguments.clear:
        return _look_after_cache(arguments)
    if not arguments.model:
        raise ConfigError('no model was given; give the name of one, see isaac-seg models')
    manifest = find_manifest(arguments.model)
    parts = parts_to_build(manifest, arguments.part, _asked(arguments))
    if arguments.out and len(parts) > 1:
        raise ConfigError(
            f'--out names one file, and {manifest.name} has {len(parts)} networks: '
            f'{", ".join(one.name for one in parts)}. Choose one with --part, or leave --out out'
        )
    built = {one.name: _build(arguments, one) for one in parts}
    if arguments.json:
        alone = len(built) == 1
        print(json.dumps(next(iter(built.values())) if alone else {'parts': built}, indent=2))
        return 0
    for number, (name, facts) in enumerate(built.items()):
        told = 'built now' if facts['built'] else 'found: it was built before'
        print(('\n' if number else '') + (f'{name}: {told}' if name else told))
        show_engine(facts)
    return 0


def _build(arguments: argparse.Namespace, part: PartToBuild) -> dict[str, Any]:
    """Build one network, unless it is there, and return what is known of its engine."""
    from ..infer.plan_file import PlanFile
    from ..infer.trt_engine import find_or_build, for_gpu
    from ..infer.trt_here import gpu_here, library_to_build

    options = _options(arguments, part.options)
    library = library_to_build(arguments.library)
    gpu = ''
    here = None if options.compute_capabilities else gpu_here()
    if here:
        options, gpu = for_gpu(options, library, *here)
    out = user_path(arguments.out) if arguments.out else None
    # What lies there and is not ours is replaced: that is what --out asks for.
    foreign = out is not None and not PlanFile(out).facts()
    begin = time.monotonic()
    with Progress(f'build {part.file.name}', 100, unit=' %') as bar:
        found = find_or_build(
            part.file, options, library, gpu=gpu, plan=out,
            rebuild=arguments.rebuild or foreign,
            on_progress=lambda share, phase: bar.at(100 * share),
        )  # fmt: skip
        bar.at(100)
    if found.problem:
        raise BackendError(found.problem)
    return {
        'engine': str(found.file.path),
        'built': found.was_built,
        'seconds': round(time.monotonic() - begin, 2),
        **{key: value for key, value in found.facts.items() if key != 'key'},
        'bytes': len(found.plan),
    }


def _asked(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the settings of inference that were given."""
    asked: dict[str, Any] = {'backend': arguments.library}
    for text in arguments.shape:
        parse_profile(text)
    if arguments.shape:
        asked['engine_shapes'] = tuple(arguments.shape)
    if arguments.precision:
        asked['precision'] = arguments.precision
    return asked


def _options(arguments: argparse.Namespace, options: EngineOptions) -> EngineOptions:
    """Return the options of a network with those that were given."""

    def path(text: str | None) -> Path | None:
        return user_path(text) if text else None

    return replace(
        options,
        workspace_bytes=arguments.workspace or options.workspace_bytes,
        dla_core=arguments.dla_core if arguments.dla_core >= 0 else options.dla_core,
        version_compatible=arguments.version_compatible,
        hardware_compatible=arguments.hardware_compatible,
        compute_capabilities=tuple(dict.fromkeys(arguments.targets)),
        timing_cache=path(arguments.timing_cache),
        plugin_libraries=tuple(map(user_path, arguments.plugin)) or options.plugin_libraries,
        int8_calibration_cache=path(arguments.int8_cache) or options.int8_calibration_cache,
        keep_fp32=tuple(arguments.keep),
    )


def _look_after_cache(arguments: argparse.Namespace) -> int:
    from ..infer.engine_cache import EngineCache

    cache = EngineCache()
    if arguments.clear:
        print(f'{cache.clear()} engines are gone from {cache.folder}')
        return 0
    rows = [{'engine': str(file.path), **file.facts()} for file in cache.files()]
    if arguments.json:
        print(json.dumps(rows, indent=2))
        return 0
    for row in rows:
        told = [row.get(key) or '?' for key in ('model', 'precision', 'library', 'version')]
        print(f'{row["engine"]}  {" ".join(told)}  {(row.get("bytes") or 0) / 1e6:.2f} MB')
    print(f'{len(rows)} engines in {cache.folder}')
    return 0
