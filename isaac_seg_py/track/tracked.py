"""What is known of the objects that are followed, in one frame."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import polygons
from ..instance_masks import InstanceMasks

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Tracked:
    """
    The objects in one frame, in the order in which they were added; none is ever left out.

    `objects` has their masks, empty while they are not seen, the predicted quality of the masks as
    scores, boxes and names. `labels` (N,) uint16 are their numbers in the label image, which an
    object keeps for as long as it is followed, `presence` (N,) the chance that each is there,
    `visible` (N,) whether it counts as seen, `areas` (N,) pixels. `ages` and `unseen` are since it
    was added and since it was last seen, in the unit of the stamps. `refused` says of objects that
    waited for this image why they cannot be followed.
    """

    frame: int
    stamp: float
    objects: InstanceMasks
    labels: npt.NDArray[np.uint16]
    presence: Floats
    visible: npt.NDArray[np.bool_]
    areas: npt.NDArray[np.int64]
    ages: tuple[float, ...]
    unseen: tuple[float, ...]
    refused: tuple[tuple[Hashable, str], ...] = ()

    def __repr__(self) -> str:
        """Return which frame, and the names of the objects."""
        names = ', '.join(map(str, self.ids)) or 'none'
        return f'{type(self).__name__}(frame {self.frame}, objects: {names})'

    def __len__(self) -> int:
        """Return the number of objects."""
        return len(self.objects)

    @property
    def ids(self) -> tuple[Hashable, ...]:
        """Return the names of the objects."""
        return self.objects.ids

    @property
    def masks(self) -> npt.NDArray[np.bool_]:
        """Return the masks, (N, H, W)."""
        return self.objects.masks

    @property
    def boxes(self) -> Floats:
        """Return the boxes around the masks, (N, 4); 0 while an object is not seen."""
        return self.objects.boxes

    @property
    def scores(self) -> Floats:
        """Return how good the masks are thought to be, (N,)."""
        return self.objects.scores

    def label_image(self) -> npt.NDArray[np.uint16]:
        """Return (H, W) uint16 with the label of the object at each pixel, of several the best."""
        image = np.zeros(self.objects.size, np.uint16)
        for index in np.argsort(self.objects.scores, kind='stable'):
            mask = self.objects.masks[index]
            top, left, bottom, right = polygons.bounds(mask)
            part = np.s_[top:bottom, left:right]
            image[part][mask[part]] = self.labels[index]
        return image

    def to_json(self) -> dict[str, Any]:
        """Return frame, stamp and objects as plain types; see `InstanceMasks.to_json`."""
        said = self.objects.to_json()
        for index, one in enumerate(said['objects']):
            one |= {
                'label': int(self.labels[index]),
                'presence': float(self.presence[index]),
                'visible': bool(self.visible[index]),
                'age': self.ages[index],
                'unseen': self.unseen[index],
            }
        return {'frame': self.frame, 'stamp': self.stamp, **said}
