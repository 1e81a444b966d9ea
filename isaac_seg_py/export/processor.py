"""What an image processor of transformers does to a picture, in the words of a manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..errors import ModelError

_MEAN: Final = (0.485, 0.456, 0.406)
_STD: Final = (0.229, 0.224, 0.225)
_DIVISOR: Final = 32
# Pillow's number.
_NEAREST: Final = 0


def image_input(
    said: Mapping[str, Any], where: str, size: tuple[int, int] | None
) -> dict[str, Any]:
    """
    Return the `input` of a manifest.

    `said` is the content of preprocessor_config.json, old or new; `size` wins over its own.
    """
    # A pixel p becomes (p * factor - mean) / std; manifests have it of pixels from 0 to 1.
    factor = 255.0 * float(said.get('rescale_factor', 1 / 255)) if _does(said, 'rescale') else 255
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    if _does(said, 'normalize'):
        mean = _three(said.get('image_mean', _MEAN), where)
        std = _three(said.get('image_std', _STD), where)
    return {
        'size': list(size or _size(said, where)),
        'layout': 'NCHW',
        'dtype': 'float32',
        'color': 'rgb',
        'fit': 'stretch',
        # Processors reduce images as Pillow does; most are bilinear, as they are by themselves.
        'interpolation': 'nearest' if said.get('resample') == _NEAREST else 'antialias',
        'mean': [_short(value / factor) for value in mean],
        'std': [_short(value / factor) for value in std],
    }


def _does(said: Mapping[str, Any], step: str) -> bool:
    return bool(said.get(f'do_{step}', True))


def _short(value: float) -> float:
    # Files have 0.48500001430511475 for 0.485, which was a float32 once.
    return float(f'{value:.7g}')


def _three(values: Any, where: str) -> tuple[float, ...]:
    if not isinstance(values, Sequence) or len(values) != 3:
        raise ModelError(f'{where!r}: mean and deviation of three channels are expected')
    return tuple(map(float, values))


def _size(said: Mapping[str, Any], where: str) -> tuple[int, int]:
    """Return (height, width); where only one side is fixed, a square of it."""
    size = said.get('size')
    if isinstance(size, Mapping):
        if {'height', 'width'} <= set(size):
            return int(size['height']), int(size['width'])
        size = size.get('shortest_edge')
    if isinstance(size, Sequence) and not isinstance(size, str) and len(size) == 2:
        return int(size[0]), int(size[1])
    if not isinstance(size, int):
        raise ModelError(f'{where!r} does not say the size of its images; give --size 512x512')
    # Sizes that the network cannot halve five times are padded there.
    divisor = int(said.get('size_divisor') or said.get('size_divisibility') or _DIVISOR)
    side = -(-size // divisor) * divisor
    return side, side
