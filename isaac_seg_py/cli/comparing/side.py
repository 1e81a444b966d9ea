"""One side of `isaac-seg compare`: a model, what runs it, and in which precision."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...catalog.manifest import Manifest
from ...catalog.model_folders import find_manifest
from ...errors import ConfigError
from ...infer import Backend, open_backend
from ...infer.engine_options import PRECISIONS

_BACKENDS: Final = ('onnxruntime', 'onnxruntime-cuda', 'tensorrt', 'tensorrt-rtx')


@dataclass(frozen=True)
class Side:
    """What was written as MODEL[@BACKEND][@PRECISION]."""

    text: str
    manifest: Manifest
    model: Path
    backend: str = 'onnxruntime'
    precision: str = ''

    @classmethod
    def parse(cls, text: str, other: Side | None = None) -> Side:
        """Read one side; without a model it is the other side's."""
        rest, found = text, {'backend': 'onnxruntime', 'precision': ''}
        while '@' in rest:
            before, _, word = rest.rpartition('@')
            kind = 'backend' if word in _BACKENDS else 'precision' if word in PRECISIONS else ''
            if not kind and not before:
                raise ConfigError(
                    f'{text!r}: {word!r} is no backend ({", ".join(_BACKENDS)}) and no precision '
                    f'({", ".join(PRECISIONS)})'
                )
            if not kind:
                break
            rest, found[kind] = before, word
        if not rest and other is None:
            raise ConfigError(f'{text!r} names no model; write it before the @')
        manifest = find_manifest(rest) if rest or other is None else other.manifest
        side = cls(text, manifest, manifest.model_file(), **found)
        if side.backend.startswith('onnxruntime') and side.precision in ('tf32', 'bf16'):
            raise ConfigError(f'{text!r}: ONNX Runtime runs fp32 and fp16; name a tensorrt for it')
        return side

    def open(self, model: Path, folder: Path) -> Backend:
        """Open a model of this side's kind; `folder` takes what is written for it."""
        if self.backend.startswith('tensorrt'):
            return open_backend(model, backend=self.backend, precision=self.precision)
        if self.precision == 'fp16':
            from ...infer.precision import convert_file

            model = convert_file(model, folder / f'fp16_{model.name}', 'fp16')
        return open_backend(model, backend=self.backend)
