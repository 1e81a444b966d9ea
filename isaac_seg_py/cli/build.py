"""`isaac-seg build`: an engine for TensorRT from an ONNX model."""

from __future__ import annotations

import argparse
from dataclasses import replace
import json
from pathlib import Path
import time
from typing import Final

from .engine_table import show_engine
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
    add('--precision', choices=PRECISIONS, default='fp16', help='arithmetic (%(default)s)')
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
    from ..infer.plan_file import PLAN_SUFFIXES, PlanFile
    from ..infer.trt_engine import find_or_build, for_gpu
    from ..infer.trt_here import gpu_here, library_to_build
    from ..infer.trt_opening import batch_shapes

    model = find_manifest(arguments.model).model_file()
    if model.suffix in PLAN_SUFFIXES:
        raise ConfigError(f'{str(model)!r} is an engine already; give its ONNX model')
    options = _options(arguments)
    library = library_to_build(arguments.library)
    options = replace(options, profiles={**batch_shapes(model, 1), **options.profiles})
    gpu = ''
    here = None if options.compute_capabilities else gpu_here()
    if here:
        options, gpu = for_gpu(options, library, *here)
    out = user_path(arguments.out) if arguments.out else None
    # What lies there and is not ours is replaced: that is what --out asks for.
    foreign = out is not None and not PlanFile(out).facts()
    begin = time.monotonic()
    with Progress(f'build {model.name}', 100, unit=' %') as bar:
        found = find_or_build(
            model, options, library, gpu=gpu, plan=out, rebuild=arguments.rebuild or foreign,
            on_progress=lambda part, phase: bar.at(100 * part),
        )  # fmt: skip
        bar.at(100)
    if found.problem:
        raise BackendError(found.problem)
    facts = {
        'engine': str(found.file.path),
        'built': found.was_built,
        'seconds': round(time.monotonic() - begin, 2),
        **{key: value for key, value in found.facts.items() if key != 'key'},
        'bytes': len(found.plan),
    }
    if arguments.json:
        print(json.dumps(facts, indent=2))
    else:
        print('built now' if found.was_built else 'found: it was built before')
        show_engine(facts)
    return 0


def _options(arguments: argparse.Namespace) -> EngineOptions:
    def path(text: str | None) -> Path | None:
        return user_path(text) if text else None

    return EngineOptions(
        precision=arguments.precision,
        profiles=dict(map(parse_profile, arguments.shape)),
        workspace_bytes=arguments.workspace,
        dla_core=arguments.dla_core,
        version_compatible=arguments.version_compatible,
        hardware_compatible=arguments.hardware_compatible,
        compute_capabilities=tuple(dict.fromkeys(arguments.targets)),
        timing_cache=path(arguments.timing_cache),
        plugin_libraries=tuple(map(user_path, arguments.plugin)),
        int8_calibration_cache=path(arguments.int8_cache),
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
