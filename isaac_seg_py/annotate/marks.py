"""One object that a person marked, and how COCO's files have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .clicks import Clicks
from .. import polygons, rle
from ..errors import ConfigError
from ..evaluation.coco_masks import coco_mask
from ..geometry import Size

Mask = npt.NDArray[np.bool_]
# What COCO has no word for: other programs pass over it.
_MORE: Final = 'isaac_seg'
# As data sets of objects that are tracked have it.
_TRACK: Final = 'track_id'


@dataclass(frozen=True)
class Mark:
    """
    One object of a picture: its class, its name, its mask, and what showed it.

    `mask` holds COCO run lengths, `box` is x, y, width and height of what is inside. `clicks` is
    None where it was found by following it, which tells no `stability` either. `track` is the
    same for one object in all pictures, 0 where it was never followed.
    """

    id: int
    image_id: int
    category_id: int
    name: str
    mask: Mapping[str, Any]
    box: tuple[int, int, int, int]
    area: int
    clicks: Clicks | None
    score: float
    stability: float | None
    track: int = 0

    @classmethod
    def of(cls, mask: Mask, **facts: Any) -> Mark:
        """Return the object of an (H, W) mask that is not empty."""
        top, left, bottom, right = polygons.bounds(mask)
        box = left, top, right - left, bottom - top
        return cls(mask=rle.encode(mask), box=box, area=int(np.count_nonzero(mask)), **facts)

    @classmethod
    def from_coco(cls, entry: Mapping[str, Any], size: Size) -> Mark:
        """Read what `to_coco` gave, of a picture of (height, width)."""
        try:
            more = entry[_MORE]
            mask = coco_mask(entry['segmentation'], size)
            if not mask.any():
                raise ConfigError('its mask is empty')
            return cls.of(
                mask,
                id=int(entry['id']),
                image_id=int(entry['image_id']),
                category_id=int(entry['category_id']),
                name=str(more['name']),
                clicks=None if more['clicks'] is None else Clicks.from_json(more['clicks']),
                score=float(more['score']),
                stability=None if more['stability'] is None else float(more['stability']),
                track=int(entry.get(_TRACK, 0)),
            )
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise ConfigError(
                f'object {entry.get("id")!r} cannot be read: {type(error).__name__}: {error}'
            ) from error

    def to_coco(self, *, as_polygons: bool = False) -> dict[str, Any]:
        """Return an annotation; with outlines where it has no hole, if these are asked for."""
        segmentation: Any = dict(self.mask)
        if as_polygons:
            outer, holes = polygons.outlines(rle.decode(self.mask))
            if not holes:
                segmentation = [ring.reshape(-1).tolist() for ring in outer]
        return {
            'id': self.id,
            'image_id': self.image_id,
            'category_id': self.category_id,
            'bbox': list(self.box),
            'area': self.area,
            'iscrowd': 0,
            'segmentation': segmentation,
            **({_TRACK: self.track} if self.track else {}),
            _MORE: self._shown(),
        }

    def to_page(self) -> dict[str, Any]:
        """Return what the page shows."""
        return {
            'id': self.id,
            'category': self.category_id,
            'mask': dict(self.mask),
            'box': list(self.box),
            'area': self.area,
            'track': self.track,
            **self._shown(),
        }

    def _shown(self) -> dict[str, Any]:
        return {
            'name': self.name,
            'clicks': None if self.clicks is None else self.clicks.to_json(),
            'score': self.score,
            'stability': self.stability,
        }
