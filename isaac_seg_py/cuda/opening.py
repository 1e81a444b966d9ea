"""Open a device with the binding that is installed, or say what is missing."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Final

from .binding import Binding
from .device import Device
from .driver_library import driver_complaint
from ..errors import BackendUnavailable, ConfigError


def _pycuda(index: int) -> Binding:
    from .pycuda_binding import PycudaBinding

    return PycudaBinding(index)


def _cuda_python(index: int) -> Binding:
    from .cuda_python_binding import CudaPythonBinding

    return CudaPythonBinding(index)


# The module that must be importable, and what opens a device with it, the preferred one first.
BINDINGS: Final[dict[str, tuple[str, Callable[[int], Binding]]]] = {
    'pycuda': ('pycuda.driver', _pycuda),
    'cuda-python': ('cuda.bindings.driver', _cuda_python),
}


def open_device(index: int = 0, binding: str = 'auto') -> Device:
    """
    Open a GPU by its number.

    `binding` is 'pycuda' or 'cuda-python'; 'auto' takes the first of them that works here. Raise
    BackendUnavailable, which says what is missing and what to install.
    """
    if binding not in ('auto', *BINDINGS):
        raise ConfigError(
            f'CUDA binding {binding!r} came; expected one of auto, {", ".join(BINDINGS)}'
        )
    complaint = driver_complaint(index)
    if complaint:
        raise BackendUnavailable(f'CUDA cannot be used: {complaint}. {_remedy(complaint)}')
    reasons = []
    for name in BINDINGS if binding == 'auto' else (binding,):
        reason = _complaint(name)
        if not reason:
            return Device(BINDINGS[name][1](index))
        reasons.append(reason)
    raise BackendUnavailable(f'CUDA cannot be used: {"; ".join(reasons)}. {_remedy("")}')


def is_available(index: int = 0, binding: str = 'auto') -> tuple[bool, str]:
    """Say whether a device can be opened here, and why not. No context is made."""
    complaint = driver_complaint(index)
    if complaint:
        return False, f'{complaint}. {_remedy(complaint)}'
    missing = []
    for name in BINDINGS if binding == 'auto' else (binding,):
        complaint = _complaint(name)
        if not complaint:
            return True, ''
        missing.append(complaint)
    return False, f'{"; ".join(missing)}. {_remedy("")}'


def _complaint(binding: str) -> str:
    """Say why a binding cannot be imported; empty when it can."""
    if binding not in BINDINGS:
        return f'there is no CUDA binding {binding!r}'
    try:
        import_module(BINDINGS[binding][0])
    except ImportError as error:
        return f'{binding} cannot be imported ({error})'
    return ''


def _remedy(complaint: str) -> str:
    if 'driver' in complaint:
        return 'Install the NVIDIA driver, or run on the CPU'
    return "Install pycuda, or NVIDIA's binding: pip install cuda-python"
