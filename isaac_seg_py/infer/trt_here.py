"""Which TensorRT, and which GPU, this machine has to build engines with."""

from __future__ import annotations

from .trt_library import open_library, TrtLibrary
from ..cuda import is_available, open_device
from ..errors import BackendUnavailable


def library_to_build(name: str = 'auto') -> TrtLibrary:
    """Return a library by its name; `auto` takes the best that can build here."""
    if name != 'auto':
        return open_library(name)
    # TensorRT builds on the GPU that runs the engine, TensorRT-RTX everywhere.
    names = ('tensorrt', 'tensorrt-rtx') if is_available()[0] else ('tensorrt-rtx', 'tensorrt')
    reasons = []
    for candidate in names:
        try:
            return open_library(candidate)
        except BackendUnavailable as error:
            reasons.append(str(error))
    raise BackendUnavailable('; '.join(reasons))


def gpu_here() -> tuple[str, tuple[int, int]] | None:
    """Return name and compute capability of the GPU, None where there is none."""
    if not is_available()[0]:
        return None
    with open_device() as device:
        return device.name, device.compute_capability
