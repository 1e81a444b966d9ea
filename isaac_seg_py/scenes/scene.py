"""One picture and everything that is true about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .classes import CLASS_NAMES


@dataclass(frozen=True)
class Scene:
    """
    One picture and everything that is true about it.

    Ids are small positive numbers that stay with an object for a whole video. An object of which
    no pixel can be seen (behind another one, or outside) is in `class_ids` but not in `boxes`.
    """

    image: npt.NDArray[np.uint8]
    """(H, W, 3) RGB."""
    labels: npt.NDArray[np.uint8]
    """(H, W) class ids, 0 is background."""
    instances: npt.NDArray[np.uint16]
    """(H, W) object ids, 0 is background."""
    boxes: dict[int, tuple[int, int, int, int]]
    """Object id to (x1, y1, x2, y2) around its visible pixels; x2 and y2 are exclusive."""
    class_ids: dict[int, int]
    """Object id to class id, hidden objects too."""
    class_names: tuple[str, ...] = CLASS_NAMES
    """Class id to name."""
