"""Run a network, whatever the library behind it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .base import Backend
from .fake import FakeBackend
from ..errors import ConfigError

__all__ = ['Backend', 'FakeBackend', 'open_backend']


def open_backend(
    model: Path, *, backend: str = 'auto', threads: int = 0, outputs: Sequence[str] = ()
) -> Backend:
    """Open a model file with the backend of that name; `auto` takes the best that runs here."""
    if backend in ('auto', 'onnxruntime'):
        from .onnxrt import OnnxRuntimeBackend

        return OnnxRuntimeBackend(model, threads=threads, outputs=outputs)
    raise ConfigError(f'backend is {backend!r}; it must be auto or onnxruntime')
