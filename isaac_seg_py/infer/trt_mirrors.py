"""Page-locked memory for the tensors of an engine, in the sizes that came last."""

from __future__ import annotations

from collections import OrderedDict
from itertools import chain
from typing import Any, Final

import numpy as np

from .trt_context import Shape
from ..closing import Closing
from ..cuda import Device
from ..cuda.mirror import Mirror

# Batches of one, two, three and four change from run to run where cameras share a network.
_SIZES: Final = 4
# One with the reader, one on its way to him, one that is written to.
_KEPT: Final = 3


class RecentMirrors(Closing):
    """Hands out memory that nobody looks at any more; a few sizes of each tensor stay."""

    def __init__(self, device: Device) -> None:
        """Begin without any."""
        self._device = device
        self._kept: dict[str, OrderedDict[Shape, list[Mirror]]] = {}

    def free(self, name: str, shape: Shape, dtype: np.dtype[Any]) -> Mirror:
        """Return room for a tensor; what somebody still holds is left to them."""
        sizes = self._kept.setdefault(name, OrderedDict())
        kept = sizes.setdefault(shape, [])
        sizes.move_to_end(shape)
        if len(sizes) > _SIZES:
            sizes.popitem(last=False)
        for mirror in kept:
            if mirror.is_free:
                return mirror
        mirror = Mirror(self._device, shape, dtype)
        if len(kept) < _KEPT:
            kept.append(mirror)
        return mirror

    def close(self) -> None:
        """Give the memory back."""
        for sizes in self._kept.values():
            for mirror in chain.from_iterable(sizes.values()):
                mirror.close()
        self._kept.clear()
