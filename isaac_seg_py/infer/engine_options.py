"""What an engine is built for: precision, shapes, memory, devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
import hashlib
from pathlib import Path
import re
from types import MappingProxyType
from typing import Any, Final

from ..errors import ConfigError

PRECISIONS: Final = ('fp32', 'tf32', 'fp16', 'bf16', 'as_is')
Shape = tuple[int, ...]
ShapeRange = tuple[Shape, Shape, Shape]

_CAPABILITY: Final = re.compile(r'\d{1,2}\.\d')
_SHAPE: Final = re.compile(r'\d+(x\d+)*')


@dataclass(frozen=True)
class EngineOptions:
    """
    How TensorRT builds an engine.

    `precision` is the arithmetic of a float32 model: `fp32` exactly, `tf32` with the inputs of
    products rounded to 10 bits, `fp16` and `bf16` in halves; `as_is` leaves model and library as
    they are, as a quantised model wants it. `profiles` gives the smallest, the usual and the
    largest shape of each input with free axes, or the values of an input that is itself a shape.
    Inputs and outputs keep the element types of the model whatever the precision.
    """

    precision: str = 'fp16'
    profiles: Mapping[str, ShapeRange] = field(default_factory=dict)
    workspace_bytes: int = 0
    dla_core: int = -1
    version_compatible: bool = False
    hardware_compatible: bool = False
    compute_capabilities: tuple[str, ...] = ()
    timing_cache: Path | None = None
    plugin_libraries: tuple[Path, ...] = ()
    int8_calibration_cache: Path | None = None
    keep_fp32: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the values."""
        if self.precision not in PRECISIONS:
            raise ConfigError(
                f'precision is {self.precision!r}; it must be one of {", ".join(PRECISIONS)}'
            )
        if self.workspace_bytes < 0:
            raise ConfigError(
                f'workspace_bytes is {self.workspace_bytes}; 0 (as the library says) or more is '
                'expected'
            )
        if self.dla_core < -1:
            raise ConfigError(f'dla_core is {self.dla_core}; -1 (none) or more is expected')
        for capability in self.compute_capabilities:
            if not _CAPABILITY.fullmatch(capability):
                raise ConfigError(
                    f'compute capability {capability!r} is not like 8.9; the capability of a GPU '
                    'stands in the column compute_cap of nvidia-smi --query-gpu=compute_cap'
                )
        files = (*self.plugin_libraries, self.int8_calibration_cache)
        missing = [str(path) for path in files if path is not None and not path.is_file()]
        if missing:
            raise ConfigError(f'file {missing[0]!r} does not exist; correct its path')
        checked = {n: _checked(n, shapes) for n, shapes in sorted(self.profiles.items())}
        object.__setattr__(self, 'profiles', MappingProxyType(checked))

    def key(self) -> dict[str, Any]:
        """Return what tells one engine from another: files by their content."""
        return {
            'precision': self.precision,
            'profiles': {name: list(map(list, s)) for name, s in self.profiles.items()},
            'workspace_bytes': self.workspace_bytes,
            'dla_core': self.dla_core,
            'version_compatible': self.version_compatible,
            'hardware_compatible': self.hardware_compatible,
            'compute_capabilities': list(self.compute_capabilities),
            'plugin_libraries': [_digest(path) for path in self.plugin_libraries],
            'int8_calibration_cache': _digest(self.int8_calibration_cache),
            'keep_fp32': list(self.keep_fp32),
        }


def parse_profile(text: str) -> tuple[str, ShapeRange]:
    """Read `name=1x3x480x640`, or `name=smallest:usual:largest`."""
    name, _, value = text.rpartition('=')
    parts = value.split(':')
    if not name or len(parts) not in (1, 3) or not all(map(_SHAPE.fullmatch, parts)):
        raise ConfigError(
            f'shape {text!r} is not understood; expected is name=1x3x480x640, or '
            'name=1x3x240x320:1x3x480x640:1x3x960x1280 for smallest, usual and largest'
        )
    shapes = [tuple(map(int, part.split('x'))) for part in parts]
    return name, (shapes[0], shapes[len(shapes) // 2], shapes[-1])


def _checked(name: str, shapes: ShapeRange) -> ShapeRange:
    if len(shapes) != 3 or len({len(shape) for shape in shapes}) != 1:
        raise ConfigError(
            f'the profile of {name!r} is {shapes!r}; smallest, usual and largest shape of the '
            'same number of axes are expected'
        )
    small, usual, large = (tuple(map(int, shape)) for shape in shapes)
    if not all(0 <= a <= b <= c for a, b, c in zip(small, usual, large, strict=True)):
        raise ConfigError(
            f'the profile of {name!r} goes from {list(small)} over {list(usual)} to '
            f'{list(large)}; no axis may shrink on the way'
        )
    return small, usual, large


def _digest(path: Path | None) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path else ''
