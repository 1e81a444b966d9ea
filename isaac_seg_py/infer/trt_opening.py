"""Open a network on TensorRT or TensorRT-RTX as the settings say, building its engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import importlib.util
import logging
from pathlib import Path
import time
from typing import Final

from .base import Backend
from .engine_options import EngineOptions, parse_profile, ShapeRange
from .plan_file import PLAN_SUFFIXES
from .trt_library import open_library
from .trt_log import LOG
from .trt_progress import OnProgress
from ..errors import BackendUnavailable, ModelError
from ..infer_config import InferConfig
from ..user_files import user_path

_SAY_EVERY_S: Final = 5.0
_FREE: Final = -1


def why_no_tensorrt(backend: str, device: int) -> str:
    """Return why a TensorRT cannot run here; empty when nothing is known against it."""
    from ..cuda import is_available

    reasons = []
    here = importlib.util.find_spec(backend.replace('-', '_')) is not None
    usable, why = is_available(device)
    # With neither package nor driver there is no need to load the library, which is large.
    if usable or not here:
        try:
            open_library(backend)
        except BackendUnavailable as error:
            reasons.append(str(error))
    if not usable:
        reasons.append(why)
    return '; '.join(reasons)


def open_tensorrt(
    backend: str,
    model: Path,
    config: InferConfig,
    outputs: Sequence[str],
    say: Callable[[str], None],
) -> Backend:
    """Open a network; `say` is told every few seconds how far the building of its engine is."""
    from .trt import TensorRtBackend
    from ..cuda import open_device

    if config.verbose:
        LOG.setLevel(logging.DEBUG)
    options = engine_options(config, model)
    plan = user_path(config.engine_file_path) if config.engine_file_path else None
    # The device closes itself when the network that holds it is gone.
    return TensorRtBackend(
        model,
        options,
        open_library(backend),
        open_device(config.device),
        outputs=outputs,
        plan=plan,
        rebuild=config.force_engine_update,
        on_progress=spoken(say, f'{backend} builds the engine of {model.name}'),
    )


def engine_options(config: InferConfig, model: Path) -> EngineOptions:
    """Return what an engine of the model is built for."""
    plugins = (user_path(config.custom_plugin_lib),) if config.custom_plugin_lib else ()
    calibration = config.int8_calibration_file
    shapes = dict(map(parse_profile, config.engine_shapes))
    if model.suffix not in PLAN_SUFFIXES:
        shapes = {**batch_shapes(model, config.max_batch_size), **shapes}
    return EngineOptions(
        precision=config.precision or ('fp16' if config.enable_fp16 else 'fp32'),
        profiles=shapes,
        workspace_bytes=config.max_workspace_size,
        dla_core=config.dla_core,
        plugin_libraries=plugins,
        int8_calibration_cache=user_path(calibration) if calibration else None,
    )


def batch_shapes(model: Path, largest: int) -> dict[str, ShapeRange]:
    """Return shapes for the inputs of which only the first axis, the batch, is free."""
    import onnx

    try:
        graph = onnx.load(str(model), load_external_data=False).graph
    except Exception as error:
        raise ModelError(
            f'{str(model)!r} is no ONNX model: {str(error).splitlines()[0]}. The file may be '
            'damaged: download or export it again'
        ) from error
    weights = {tensor.name for tensor in graph.initializer}
    found: dict[str, ShapeRange] = {}
    for tensor in graph.input:
        dims = tensor.type.tensor_type.shape.dim
        batch, *rest = [d.dim_value if d.HasField('dim_value') else _FREE for d in dims] or [1]
        if tensor.name not in weights and batch == _FREE and _FREE not in rest:
            one = (1, *rest)
            found[tensor.name] = one, one, (largest, *rest)
    return found


def spoken(say: Callable[[str], None], what: str) -> OnProgress:
    """Return what takes the progress of long work, and says it at its begin and every 5 s."""
    begin = time.monotonic()
    last = 0.0

    def take(part: float, phase: str) -> None:
        nonlocal last
        now = time.monotonic()
        if last == 0.0 or now - last >= _SAY_EVERY_S or part >= 1:
            last = now
            say(f'{what}: {part:.0%} after {now - begin:.0f} s ({phase})')

    return take
