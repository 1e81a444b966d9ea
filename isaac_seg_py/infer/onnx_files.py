"""An ONNX model as files: which ones belong to it, and a digest of them all."""

from __future__ import annotations

from collections.abc import Iterator
import hashlib
from pathlib import Path
import re
from typing import Final

from ..errors import ModelError

# How a file of weights is named inside the model: a key and a value, each with its length before.
_LOCATION: Final = re.compile(rb'\x0a\x08location\x12')
_CHUNK: Final = 1 << 20


def model_digest(model: Path) -> str:
    """Return a digest of an ONNX model with the weights that lie beside it."""
    digest = hashlib.sha256()
    try:
        content = model.read_bytes()
        digest.update(content)
        for path in weight_files(model, content):
            digest.update(b'\0' + path.name.encode() + b'\0')
            with path.open('rb') as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
    except OSError as error:
        raise ModelError(
            f'model file {error.filename!r} cannot be read: {error.strerror}; correct its path'
        ) from error
    return digest.hexdigest()


def weight_files(model: Path, content: bytes) -> list[Path]:
    """Return the files beside a model that hold its weights; no ONNX package is needed for it."""
    names = sorted(set(_locations(content)))
    # A name that leads elsewhere is refused by whoever loads the model.
    paths = [model.parent / name for name in names if '..' not in Path(name).parts]
    return [path for path in paths if path.is_file()]


def _locations(content: bytes) -> Iterator[str]:
    for match in _LOCATION.finditer(content):
        length, at = 0, match.end()
        for shift in (0, 7, 14):
            if at >= len(content):
                return
            byte = content[at]
            at += 1
            length |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
        name = content[at : at + length]
        if name and b'\0' not in name:
            yield name.decode('utf-8', 'replace')
