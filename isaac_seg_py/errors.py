"""
Every error that this package raises on purpose.

    SegmentationError
    ├── ConfigError            a setting, parameter or command-line value is wrong
    │   └── ManifestError      a model's manifest file is wrong
    ├── InputError             a frame is wrong: this frame is dropped, the next one may pass
    │   ├── ImageError         the bytes of an image do not fit what its header says
    │   ├── TensorError        a tensor has the wrong name, rank, type or size
    │   └── PromptError        a prompt does not fit its image, or itself
    ├── ModelError             a model file is missing, damaged or does not fit its manifest
    └── BackendError           an inference library or a device failed while it ran
        └── BackendUnavailable an inference library, or the device that it needs, is not here

A message says what came, what was expected and what to do.
"""

from __future__ import annotations


class SegmentationError(Exception):
    """Anything that this package raises on purpose."""


class ConfigError(SegmentationError, ValueError):
    """A setting, parameter or command-line value is wrong."""


class ManifestError(ConfigError):
    """A model's manifest file is wrong."""


class InputError(SegmentationError, ValueError):
    """A frame is wrong; it is dropped and the next one may pass."""


class ImageError(InputError):
    """The bytes of an image do not fit what its header says."""


class TensorError(InputError):
    """A tensor has the wrong name, rank, type or size."""


class PromptError(InputError):
    """A prompt does not fit its image, or itself."""


class ModelError(SegmentationError):
    """A model file is missing, damaged or does not fit its manifest."""


class BackendError(SegmentationError, RuntimeError):
    """An inference library or a device failed while it ran."""


class BackendUnavailable(BackendError, ImportError):
    """An inference library, or the device that it needs, is not here."""


def in_words(error: BaseException) -> str:
    """Return what happened; of an error that is not ours the type is half of the message."""
    if isinstance(error, SegmentationError):
        return str(error)
    return f'{type(error).__name__}: {error}'
