"""COCO run lengths: a mask as the lengths of its runs, down the columns, packed into text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .errors import ImageError

_FIRST: Final = 48
_MORE: Final = 0x20
_SIGN: Final = 0x10
_BITS: Final = 5
# Enough groups of five bits for any run in a mask of 2^59 pixels.
_MOST: Final = 12


def encode(mask: npt.NDArray[Any]) -> dict[str, Any]:
    """Return `{'size': [height, width], 'counts': text}` of an (H, W) mask; not 0 is inside."""
    if mask.ndim != 2:
        raise ImageError(f'a mask of shape {mask.shape} came; (height, width) is expected')
    flat = np.ascontiguousarray(mask.T).reshape(-1) != 0
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    counts = np.diff(changes, prepend=0, append=flat.size)
    if flat.size and flat[0]:
        # The first run is outside, and has no pixel here.
        counts = np.concatenate([[0], counts])
    return {'size': [int(side) for side in mask.shape], 'counts': _pack(counts)}


def decode(packed: Mapping[str, Any]) -> npt.NDArray[np.bool_]:
    """Return the (H, W) bool mask of what `encode`, or COCO, wrote."""
    try:
        height, width = (int(side) for side in packed['size'])
        text = packed['counts']
        counts = _unpack(text if isinstance(text, bytes) else str(text).encode('ascii'))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ImageError(
            f"run lengths cannot be read ({error}); {{'size': [height, width], 'counts': text}} "
            'as COCO has it is expected'
        ) from error
    pixels = height * width
    # No run alone is longer, so that the sum cannot wrap around.
    fits = min(height, width) >= 0 and ((counts >= 0) & (counts <= pixels)).all()
    if not fits or counts.sum() != pixels:
        raise ImageError(
            f'run lengths of {sum(counts.tolist())} pixels came for a mask of {height}x{width}; '
            f'{pixels} are expected'
        )
    inside = np.arange(counts.size) % 2 == 1
    return np.repeat(inside, counts).reshape(width, height).T


def _pack(counts: npt.NDArray[np.int64]) -> str:
    """Write runs as differences from the run before the last, five bits to a letter."""
    rest = counts.astype(np.int64)
    rest[3:] -= counts[1:-2]
    letters = np.zeros((_MOST, rest.size), np.uint8)
    active = np.ones(rest.size, np.bool_)
    for group in letters:
        bits = rest & (_MORE - 1)
        rest >>= _BITS
        # The top bit of the last group is the sign of all the bits that are left out.
        more = active & np.where(bits & _SIGN, rest != -1, rest != 0)
        np.copyto(group, bits + more * _MORE + _FIRST, where=active, casting='unsafe')
        active = more
        if not active.any():
            break
    by_run = letters.T.reshape(-1)
    text: str = by_run[by_run != 0].tobytes().decode('ascii')
    return text


def _unpack(text: bytes) -> npt.NDArray[np.int64]:
    letters = np.frombuffer(text, np.uint8).astype(np.int64) - _FIRST
    if not letters.size or letters.min() < 0 or letters.max() >= 2 * _MORE:
        raise ValueError("counts has no letters, or letters that are none of COCO's")
    ends = np.flatnonzero(letters & _MORE == 0)
    if not ends.size or ends[-1] != letters.size - 1:
        raise ValueError('counts is cut off')
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if lengths.max() > _MOST:
        raise ValueError('counts has a run that is too long')
    shifts = _BITS * (np.arange(letters.size) - np.repeat(starts, lengths))
    values = np.add.reduceat((letters & (_MORE - 1)) << shifts, starts)
    negative = letters[ends] & _SIGN != 0
    values -= np.where(negative, np.int64(1) << (_BITS * lengths), 0)
    # The first three runs stand as they are; each later one follows that of its own kind.
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values
