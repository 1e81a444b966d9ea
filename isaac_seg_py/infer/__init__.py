"""Run a network, whatever the library behind it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .base import Backend
from .choice import log_line, open_chosen, Say
from .fake import FakeBackend
from ..errors import ConfigError
from ..infer_config import InferConfig
from ..settings import from_mapping

__all__ = ['Backend', 'FakeBackend', 'open_backend']


def open_backend(
    model: Path, *, outputs: Sequence[str] = (), say: Say = log_line, **settings: Any
) -> Backend:
    """
    Open a model file with the backend of that name; `auto` takes the best that runs here.

    `settings` are those of `InferConfig`, such as backend, threads and precision. `outputs` names
    those to compute, in order; all where it is empty. `say` is told what takes long.
    """
    config = from_mapping(InferConfig, settings)
    if config.fuse:
        raise ConfigError(
            'fuse needs a manifest, which says how pixels are normalised; leave it out'
        )
    return open_chosen(model, config, outputs, say)
