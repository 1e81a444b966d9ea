"""Objects keep their colours while others come and go."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..instance_masks import InstanceMasks
from ..palette import Palette


def steady_colors(found: InstanceMasks, labels: npt.NDArray[np.uint16]) -> InstanceMasks:
    """Return objects, each in the colour of the number that it keeps, not of its place."""
    colors = found.palette.colors
    own = (colors[int(label) % len(colors)] for label in labels)
    return replace(found, palette=Palette((colors[0], *own)))
