"""What is told of a CUDA call that failed."""

from __future__ import annotations

from typing import Final

from ..errors import BackendError

# By the words of the driver's own name for it, which PyCUDA tells as well.
_LOST: Final = 'The device is lost to this process: start it again'
_REMEDIES: Final = {
    'out of memory': 'The device has no memory left: close what else runs on it',
    'invalid image': 'The kernel is damaged or for another device: compile it anew',
    'no binary for gpu': 'The kernel is for another device: compile it for this one',
    'invalid ptx': 'The kernel needs a newer driver: update it, or compile a cubin',
    'unsupported ptx version': 'Update the driver, or compile a cubin',
    'illegal address': _LOST,
    'launch failed': _LOST,
}


def failure(message: str) -> BackendError:
    """Return the error of a call of the driver, with what to do where that is known."""
    words = message.lower().replace('_', ' ')
    for known, remedy in _REMEDIES.items():
        if known in words:
            return BackendError(f'{message}. {remedy}')
    return BackendError(message)


def failed_call(call: str, name: str, text: str) -> BackendError:
    """Return the error of a call by its name and the driver's two names for what went wrong."""
    return failure(f'{call} failed: {name} ({text})')
