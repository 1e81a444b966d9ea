"""The libraries that only exporting needs."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any
import warnings

from ..errors import BackendUnavailable


def libraries(*names: str) -> list[Any]:
    """Return libraries; those that are missing are named all at once."""
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        verb = 'package {} is' if len(missing) == 1 else 'packages {} are'
        raise BackendUnavailable(
            f'Python {verb.format(", ".join(missing))} missing, which exporting needs: '
            f'pip install {" ".join(missing)}'
        )
    return [library(name) for name in names]


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
