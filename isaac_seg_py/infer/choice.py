"""Which library runs a network: the one that was named, or the best that runs here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import logging
from pathlib import Path
from typing import Final

from .base import Backend
from .plan_file import PLAN_SUFFIXES
from ..cuda.driver_library import driver_complaint
from ..errors import BackendError, BackendUnavailable, ModelError
from ..infer_config import InferConfig

Say = Callable[[str], None]

LOG: Final = logging.getLogger(__name__)
# What `auto` tries, in order. The last one runs everywhere.
BEST_FIRST: Final = ('tensorrt', 'tensorrt-rtx', 'onnxruntime-cuda', 'onnxruntime')


def log_line(text: str) -> None:
    """Say something where no node takes it to its own log."""
    LOG.info(text)


def open_chosen(
    model: Path, config: InferConfig, outputs: Sequence[str] = (), say: Say = log_line
) -> Backend:
    """Open a model with the backend that the settings name; its `choice` tells which, and why."""
    name = config.backend
    if name != 'triton' and not model.is_file():
        raise ModelError(
            f'model file {str(model)!r} does not exist; give the path of an ONNX file'
        )
    if name == 'auto':
        return _open_best(model, config, outputs, say)
    why = why_not(name, config.device)
    if why:
        raise BackendUnavailable(f'backend {name} cannot run here: {why}')
    return _chosen(_open(name, model, config, outputs, say), f'{name}, as asked for')


def why_not(backend: str, device: int = 0) -> str:
    """Return what is known against a backend before it is tried; empty when nothing is."""
    if backend == 'triton':
        return ''
    if backend.startswith('onnxruntime'):
        from .onnxrt import why_no_provider

        return why_no_provider(backend, device)
    from .trt_opening import why_no_tensorrt

    return why_no_tensorrt(backend, device)


def _open_best(model: Path, config: InferConfig, outputs: Sequence[str], say: Say) -> Backend:
    """Try one after the other; only the last one may fail."""
    is_plan = model.suffix in PLAN_SUFFIXES
    names = [name for name in BEST_FIRST if not is_plan or name.startswith('tensorrt')]
    passed: dict[str, list[str]] = {}
    no_gpu = driver_complaint(config.device)
    for name in names:
        # Without a GPU one reason does for all that need one.
        why = no_gpu if no_gpu and name != 'onnxruntime' else why_not(name, config.device)
        if not why:
            try:
                network = _open(name, model, config, outputs, say)
            except (BackendError, ModelError) as error:
                # A model that one library does not understand may run in the next.
                if name == names[-1]:
                    raise
                why = str(error)
                say(f'{name} cannot run {model.name}: {why}')
            else:
                return _chosen(network, '; '.join([f'{name}, the best here', *_told(passed)]))
        passed.setdefault(why, []).append(name)
    told = '; '.join(_told(passed))
    raise BackendUnavailable(f'{model.name} runs on the TensorRT that made it: {told}')


def _told(passed: dict[str, list[str]]) -> list[str]:
    return [f'not {", ".join(names)}: {why}' for why, names in passed.items()]


def _open(
    name: str, model: Path, config: InferConfig, outputs: Sequence[str], say: Say
) -> Backend:
    if name == 'onnxruntime':
        from .onnxrt import OnnxRuntimeBackend

        return OnnxRuntimeBackend(model, threads=config.threads, outputs=outputs)
    if name == 'triton':
        from .triton import open_triton

        return open_triton(model, config, outputs, say)
    if name.startswith('tensorrt'):
        from .trt_opening import open_tensorrt

        return open_tensorrt(name, model, config, outputs, say)
    from .onnxrt_gpu import OnnxRuntimeGpuBackend

    return OnnxRuntimeGpuBackend(name, model, config, outputs)


def _chosen(network: Backend, choice: str) -> Backend:
    network.choice = choice
    return network
