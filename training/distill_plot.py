"""Draw how a loss went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

_HEIGHT, _WIDTH, _EDGE = 480, 720, 60
_COLORS = ((200, 120, 40), (40, 60, 200))
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def plot_losses(curves: Mapping[str, Sequence[tuple[int, float]]], path: Path) -> None:
    """Write curves of (step, loss) as a picture; losses are above 0, and drawn by their powers."""
    steps = np.concatenate([[step for step, _ in curve] for curve in curves.values()])
    powers = np.concatenate([_powers(curve) for curve in curves.values()])
    last, low, high = max(steps.max(), 1), powers.min(), powers.max()
    high = max(high, low + 1e-3)
    picture = np.full((_HEIGHT, _WIDTH, 3), 255, np.uint8)
    bottom, right = _HEIGHT - _EDGE, _WIDTH - _EDGE
    cv2.rectangle(picture, (_EDGE, _EDGE), (right, bottom), (0, 0, 0), 1)
    for number, ((name, curve), color) in enumerate(zip(curves.items(), _COLORS, strict=False)):
        across = np.array([step for step, _ in curve]) / last
        down = (high - _powers(curve)) / (high - low)
        spots = np.stack(
            [_EDGE + across * (right - _EDGE), _EDGE + down * (bottom - _EDGE)], axis=-1
        )
        cv2.polylines(picture, [spots.round().astype(np.int32)], False, color, 2, cv2.LINE_AA)
        _put(picture, f'{name}: {curve[-1][1]:.4g}', right - 260, _EDGE + 24 + 22 * number, color)
    _put(picture, f'{10**high:.2g}', 6, _EDGE + 6)
    _put(picture, f'{10**low:.2g}', 6, bottom + 6)
    _put(picture, f'step {last}', right - 60, bottom + 24)
    cv2.imwrite(str(path), picture)


def _powers(curve: Sequence[tuple[int, float]]) -> np.ndarray:
    return np.log10(np.maximum([loss for _, loss in curve], 1e-12))


def _put(
    picture: np.ndarray, text: str, x: int, y: int, color: tuple[int, int, int] = (0, 0, 0)
) -> None:
    cv2.putText(picture, text, (x, y), _FONT, 0.5, color, 1, cv2.LINE_AA)
