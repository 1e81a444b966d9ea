"""The libraries that only exporting needs."""

from __future__ import annotations

import importlib
from typing import Any
import warnings

from ..errors import BackendUnavailable


def library(name: str) -> Any:
    """Return a library; one that is missing, or does not work here, is one line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise BackendUnavailable(
            f'Python package {error.name} is missing, which exporting needs: pip install {name}'
        ) from error
    except (ImportError, OSError, RuntimeError) as error:
        # Builds of torch and torchvision that do not fit each other end here.
        line = ' '.join(str(error).split())
        raise BackendUnavailable(f'Python package {name} does not work here: {line}') from error
