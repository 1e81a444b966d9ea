"""Build an engine from an ONNX file. TensorRT-RTX needs no GPU for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
import logging
from pathlib import Path
import re
import threading
import time
from typing import Any, Final

from .engine_options import EngineOptions
from .precision import prepared
from .trt_library import TrtLibrary
from .trt_log import Heard, LOG
from .trt_progress import BuildProgress, OnProgress
from ..errors import BackendError, BackendUnavailable, ConfigError, ModelError

_MEMORY: Final = {
    'weights_bytes': re.compile(r'Total Weights Memory: (\d+) bytes'),
    'activation_bytes': re.compile(r'Total Activation Memory: (\d+) bytes'),
}


@dataclass(frozen=True)
class BuiltEngine:
    """A plan, which is an engine as bytes, and what is known of it."""

    plan: bytes
    facts: Mapping[str, Any]


def build_engine(
    model: Path,
    options: EngineOptions,
    library: TrtLibrary,
    *,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> BuiltEngine:
    """
    Build the engine of an ONNX model.

    `on_progress` is told how far it is, from whatever thread is at work; an exception of it stops
    the build. Setting `cancel` stops it as well, and raises BackendError.
    """
    begin = time.monotonic()
    library.load_plugins(options.plugin_libraries)
    # A library that chooses types itself wants the model as it is.
    precision = 'as_is' if library.weakly_typed(options) else options.precision
    with (
        prepared(model, precision, options.keep_fp32) as converted,
        library.log.listening() as heard,
    ):
        trt = library.module
        builder = _builder(library, heard)
        network = library.create_network(builder, options)
        parser = trt.OnnxParser(network, library.log.handle)
        if not parser.parse_from_file(str(converted)) or not network.num_outputs:
            raise _parse_error(model, library, parser, heard)
        facts = _network_facts(network)
        config = builder.create_builder_config()
        kept_alive = library.configure(builder, config, options)
        if not library.rtx:  # RTX warns that it knows names only
            config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED
        _add_profile(builder, config, network, options)
        progress = BuildProgress(trt, on_progress, cancel)
        config.progress_monitor = progress.handle
        plan = builder.build_serialized_network(network, config)
        progress.finish()
        if plan is None:
            if progress.cancelled:
                raise BackendError(f'building the engine of {str(model)!r} was cancelled')
            raise _build_error(model, library, options, heard)
        if options.timing_cache is not None:
            _write_timing_cache(config, options.timing_cache)
        del kept_alive
    facts['memory'] = _memory(heard)
    facts['build_seconds'] = round(time.monotonic() - begin, 2)
    return BuiltEngine(bytes(plan), facts)


def _builder(library: TrtLibrary, heard: Heard) -> Any:
    try:
        return library.module.Builder(library.log.handle)
    except TypeError as error:  # what pybind11 makes of a null pointer
        raise BackendUnavailable(
            f'{library.name} {library.version} cannot build engines here: {heard.reason()}. It '
            'needs an NVIDIA GPU and its driver; tensorrt-rtx builds without, and onnxruntime '
            'runs without'
        ) from error


def _parse_error(model: Path, library: TrtLibrary, parser: Any, heard: Heard) -> ModelError:
    errors = [parser.get_error(index) for index in range(parser.num_errors)]
    named = [error for error in errors if error.node() >= 0]
    if not named:
        return ModelError(
            f'{library.name} cannot read {str(model)!r}: {heard.reason()}. The file may be '
            'damaged, or not be an ONNX model: download or export it again'
        )
    told = '; '.join(
        f'node {error.node()} {error.node_name()!r} ({error.node_operator()})'
        + _explained(error.desc())
        for error in named[:3]
    )
    more = f' and {len(named) - 3} more' if len(named) > 3 else ''
    return ModelError(
        f'{library.name} {library.version} cannot take {str(model)!r}: {told}{more}. Export the '
        'model without these operators, name a library that has them in plugin_libraries, or run '
        'it with the backend onnxruntime'
    )


def _explained(text: str) -> str:
    """Return the line that says why, where there is one: some say no more than `false`."""
    lines = [line.strip() for line in text.splitlines()]
    useful = [line for line in lines if line not in ('', 'false') and 'Invalid Node' not in line]
    return f': {useful[0]}' if useful else ''


def _build_error(
    model: Path, library: TrtLibrary, options: EngineOptions, heard: Heard
) -> BackendError:
    reason = ' '.join(heard.errors).lower()
    hint = 'Try another precision, or run it with the backend onnxruntime'
    if 'out of memory' in reason or 'outofmemory' in reason or 'insufficient memory' in reason:
        hint = 'Close other programs that use the GPU, or lower the largest shape or workspace'
    elif 'hw-specific datatypes' in reason or 'gemm is not supported' in reason:
        hint = (
            'The GPU lacks this arithmetic: try precision fp16, or fp32 where fp16 was asked for'
        )
    return BackendError(
        f'{library.name} {library.version} cannot build {str(model)!r} in {options.precision}: '
        f'{heard.reason()}. {hint}'
    )


def _add_profile(builder: Any, config: Any, network: Any, options: EngineOptions) -> None:
    """Say which shapes the free axes take, and which values the inputs that are shapes."""
    inputs = [network.get_input(index) for index in range(network.num_inputs)]
    names = [tensor.name for tensor in inputs]
    unknown = sorted(set(options.profiles) - set(names))
    if unknown:
        raise ConfigError(
            f'a profile was given for {", ".join(unknown)}; the inputs are {", ".join(names)}'
        )
    free = [t for t in inputs if t.is_shape_tensor or any(dim < 0 for dim in t.shape)]
    profile = builder.create_optimization_profile()
    for tensor in inputs:
        shape = list(tensor.shape)
        ranges = options.profiles.get(tensor.name)
        if ranges is None:
            if tensor in free:
                raise ConfigError(
                    f'input {tensor.name!r} has free axes {_written(shape)}; give its smallest, '
                    'usual and largest shape (--shape, or the parameter engine_shapes)'
                )
            continue
        if tensor.is_shape_tensor:
            profile.set_shape_input(tensor.name, *ranges)
            continue
        if any(not _fits(shape, given) for given in ranges):
            raise ConfigError(
                f'the profile of {tensor.name!r} is {list(ranges[0])} to {list(ranges[2])}; the '
                f'model takes {_written(shape)}'
            )
        profile.set_shape(tensor.name, *ranges)
    if free:
        config.add_optimization_profile(profile)


def _fits(shape: list[int], given: tuple[int, ...]) -> bool:
    return len(shape) == len(given) and all(
        want in (-1, got) for want, got in zip(shape, given, strict=True)
    )


def _written(shape: list[int]) -> str:
    return '[' + ', '.join('?' if dim < 0 else str(dim) for dim in shape) + ']'


def _network_facts(network: Any) -> dict[str, Any]:
    """Return tensors and layers by element type, before the builder fuses them."""
    layers = Counter(
        network.get_layer(index).get_output(0).dtype.name
        for index in range(network.num_layers)
        if network.get_layer(index).num_outputs
    )
    sides = {
        'inputs': [network.get_input(index) for index in range(network.num_inputs)],
        'outputs': [network.get_output(index) for index in range(network.num_outputs)],
    }
    told: dict[str, Any] = {
        side: [{'name': t.name, 'dtype': t.dtype.name, 'shape': list(t.shape)} for t in tensors]
        for side, tensors in sides.items()
    }
    return {**told, 'layers': dict(layers.most_common())}


def _memory(heard: Heard) -> dict[str, int]:
    """Return what the library said of the memory that the engine needs."""
    found = {}
    for name, pattern in _MEMORY.items():
        matches = [match for line in heard.lines if (match := pattern.search(line))]
        if matches:
            found[name] = int(matches[-1].group(1))
    return found


def _write_timing_cache(config: Any, path: Path) -> None:
    try:
        path.write_bytes(bytes(config.get_timing_cache().serialize()))
    except OSError as error:
        LOG.log(logging.WARNING, 'the timing cache %s was not written: %s', path, error.strerror)
