"""Load what transformers has saved, or knows by a name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
import warnings

from .libraries import library
from ..errors import ModelError


def loaded(source: str, kind: Any, place: str) -> Any:
    """Load a config or a model; what goes wrong is one line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            return kind.from_pretrained(place)
    except Exception as error:
        # Names, weights and settings that are wrong end in errors of many kinds.
        line = ' '.join(str(error).split())[:300]
        raise ModelError(f'{source!r} cannot be loaded by transformers: {line}') from error


def processor_settings(place: str) -> dict[str, Any]:
    """Return what the model's image processor is set to; {} where nothing is said."""
    path = Path(place) / 'preprocessor_config.json'
    if not Path(place).is_dir():
        find = library('transformers.utils').cached_file
        try:
            found = find(place, path.name, _raise_exceptions_for_missing_entries=False)
        except OSError as error:
            line = ' '.join(str(error).split())[:300]
            raise ModelError(f'{path.name} of {place!r} cannot be fetched: {line}') from error
        path = Path(found or path)
    try:
        content = json.loads(path.read_text(encoding='utf-8')) if path.is_file() else {}
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f'{str(path)!r} cannot be read: {error}') from error
    if not isinstance(content, dict):
        raise ModelError(f'{str(path)!r} holds no names and values')
    return content
