"""Draw the latency of every frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from .measuring import Run
from .. import lettering

Picture = npt.NDArray[np.uint8]

BLACK, GREY = (0, 0, 0), (210, 210, 210)
COLORS: Final = ((31, 119, 180), (214, 95, 14), (44, 140, 60), (180, 40, 60), (120, 80, 170))
_SIZE: Final = (440, 800)
_LEFT, _TOP, _RIGHT, _BOTTOM = 64, 40, 32, 44
_STEPS: Final = (1, 2, 5, 10)


def plot_latencies(runs: Mapping[str, Run], title: str) -> Picture:
    """
    Return an RGB picture: how long each part of the frames took at most, one line for each run.

    Frames that were lost count as endless: their line ends before 100 per cent.
    """
    lines = {name: _sorted_latencies(run) for name, run in runs.items()}
    longest = max((values[-1] for values, _ in lines.values() if values.size), default=1.0)
    step = nice_step(longest / 6)
    top = step * np.ceil(longest / step)
    picture: Picture = np.full((*_SIZE, 3), 255, np.uint8)
    right, bottom = _SIZE[1] - _RIGHT, _SIZE[0] - _BOTTOM

    def place(share: Any, value: Any) -> Any:
        x = _LEFT + (right - _LEFT) * np.asarray(share)
        y = bottom - (bottom - _TOP) * np.asarray(value) / top
        return np.stack(np.broadcast_arrays(x, y), -1).round().astype(np.int32)

    for value in np.arange(0, top + step / 2, step):
        begin, end = place([0, 1], value)
        cv2.line(picture, begin.tolist(), end.tolist(), GREY, 1)
        put_text(picture, f'{value:g}', 8, int(begin[1]) + 4)
    for share in (0, 0.5, 0.9, 1):
        begin, end = place(share, [0.0, top])
        cv2.line(picture, begin.tolist(), end.tolist(), GREY, 1)
        put_text(picture, f'{share:.0%}', int(begin[0]) - 16, bottom + 18)
    for number, (name, (values, frames)) in enumerate(lines.items()):
        color = COLORS[number % len(COLORS)]
        if values.size:
            points = place(np.arange(1, values.size + 1) / frames, values)
            cv2.polylines(picture, [points.reshape(-1, 1, 2)], False, color, 2, cv2.LINE_AA)
        put_text(picture, name, _LEFT + 8, _TOP + 16 + 16 * number, color)
    put_text(picture, f'{title}: ms from sent to result, over the frames', 8, 20)
    return picture


def _sorted_latencies(run: Run) -> tuple[npt.NDArray[np.float64], int]:
    return np.sort((run.came[:, 1] - run.came[:, 0]) / 1e6), len(run.sent.stamps)


def nice_step(value: float) -> float:
    """Return the next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(max(value, 1e-3)))
    return float(power * next(step for step in _STEPS if step * power >= value * 0.999))


def put_text(
    picture: Picture, text: str, x: int, y: int, color: tuple[int, int, int] = BLACK
) -> None:
    lettering.put_text(picture, text, (x, y), 0.42, color)
