"""What can be in a scene: the classes, their colours, and which seeds are kept back."""

from __future__ import annotations

from typing import Final

# The class of an object is its shape; its colours and its texture say nothing about it.
CLASS_NAMES: Final = ('background', 'ball', 'box', 'cone', 'star', 'ring', 'cross')

# 0xRRGGBB per class, to paint a label image with.
PALETTE: Final = (0x000000, 0xE6194B, 0x3CB44B, 0x4363D8, 0xFFE119, 0xF032E6, 0x42D4F4)

# Seeds below are for training and tests, seeds from here on for acceptance only.
FIRST_ACCEPTANCE_SEED: Final = 900_000
