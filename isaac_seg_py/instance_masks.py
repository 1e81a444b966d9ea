"""A mask for each object that a network found."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import polygons, rle
from .blend import blend, class_name
from .errors import ConfigError, TensorError
from .geometry import Size
from .palette import DEFAULT, Palette

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class InstanceMasks:
    """
    One mask for each object.

    `masks` is (N, H, W) bool, `scores` (N,) float32 from 0 to 1, `boxes` (N, 4) float32 x1, y1,
    x2, y2 in pixels, `class_ids` (N,) int64; `ids` are N different names or numbers. What a
    network finds comes with the highest score first.
    """

    masks: npt.NDArray[np.bool_]
    scores: Floats
    boxes: Floats
    ids: tuple[Hashable, ...]
    class_ids: npt.NDArray[np.int64]
    class_names: tuple[str, ...] = ()
    palette: Palette = DEFAULT

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        if self.masks.ndim != 3 or self.masks.dtype != np.bool_ or 0 in self.masks.shape[1:]:
            raise TensorError(
                f'masks are {self.masks.dtype} of shape {self.masks.shape}; '
                'bool of (objects, height, width) is expected'
            )
        count = len(self.masks)
        for name, shape, dtype in (
            ('scores', (count,), np.float32),
            ('boxes', (count, 4), np.float32),
            ('class_ids', (count,), np.int64),
        ):
            array = getattr(self, name)
            if array.shape != shape or array.dtype != dtype:
                raise TensorError(
                    f'{name} are {array.dtype} of shape {array.shape}; '
                    f'{np.dtype(dtype)} of {shape} '
                    f'is expected, as {count} masks came'
                )
        if len(self.ids) != count or len(set(self.ids)) != count:
            raise TensorError(f'ids are {self.ids}; {count} different ones are expected')
        if count and not (self.scores.min() >= 0 and self.scores.max() <= 1):
            raise TensorError(
                f'scores go from {self.scores.min()} to {self.scores.max()}; 0 to 1 is expected'
            )
        if not np.isfinite(self.boxes).all():
            raise TensorError('a box has a number that is not finite; pixels are expected')
        if (self.class_ids < 0).any():
            raise TensorError(f'class_ids are {self.class_ids.tolist()}; 0 or more is expected')

    @classmethod
    def empty(cls, size: Size) -> InstanceMasks:
        """Return no objects in an image of that (height, width)."""
        nothing = np.zeros(0, np.int64)
        return cls.of(np.zeros((0, *size), np.bool_), np.zeros(0, np.float32), nothing)

    @classmethod
    def of(
        cls,
        masks: npt.NDArray[np.bool_],
        scores: Floats,
        class_ids: npt.NDArray[np.int64],
        *,
        ids: tuple[Hashable, ...] | None = None,
        by_score: bool = True,
        **more: Any,
    ) -> InstanceMasks:
        """
        Return objects with the highest score first, in boxes around their pixels.

        Without `by_score` they stay in the order in which they came. They are numbered from 1 in
        that order where no `ids` are given.
        """
        order = np.argsort(-scores if by_score else np.zeros(len(scores)), kind='stable')
        if (order[1:] < order[:-1]).any():
            masks = masks[order]
        edges = [polygons.bounds(mask) for mask in masks]
        boxes = np.array(edges, np.float32).reshape(-1, 4)[:, [1, 0, 3, 2]]
        named = range(1, len(masks) + 1) if ids is None else [ids[index] for index in order]
        return cls(masks, scores[order], boxes, tuple(named), class_ids[order], **more)

    def __repr__(self) -> str:
        """Return the size and the number of objects, not their pixels."""
        height, width = self.size
        return f'{type(self).__name__}({height}x{width}: {len(self)} objects)'

    @property
    def size(self) -> Size:
        """Return (height, width)."""
        return self.masks.shape[1], self.masks.shape[2]

    def __len__(self) -> int:
        """Return the number of objects."""
        return len(self.masks)

    def name(self, class_id: int) -> str:
        """Return the name of a class, or `class 7` where it has none."""
        return class_name(self.class_names, class_id)

    @property
    def titles(self) -> list[str]:
        """Return the id of each object and the name of its class, where the id has it not yet."""
        known = [''] * len(self)
        for index, number in enumerate(self.class_ids.tolist()):
            name = self.class_names[number] if number < len(self.class_names) else ''
            title = str(self.ids[index])
            known[index] = title if title.startswith(name) else f'{title} {name}'
        return known

    @property
    def classes(self) -> dict[int, str]:
        """Return the names of the classes present by their number."""
        return {int(i): self.name(int(i)) for i in np.unique(self.class_ids)}

    @property
    def labels(self) -> npt.NDArray[np.uint16]:
        """Return `label_image()`: what is written where a label image would be."""
        return self.label_image()

    def instances(self) -> InstanceMasks:
        """Return the objects: these."""
        return self

    def label_image(self) -> npt.NDArray[np.uint16]:
        """Return (H, W) uint16: 0, or n + 1 where object n is; of several the highest score's."""
        if len(self) >= 1 << 16:
            raise TensorError(f'{len(self)} objects came; an image of uint16 holds 65535')
        image = np.zeros(self.size, np.uint16)
        # Painted from the lowest score up, so that the highest is on top.
        for index in np.argsort(-self.scores, kind='stable')[::-1]:
            top, left, bottom, right = polygons.bounds(self.masks[index])
            part = np.s_[top:bottom, left:right]
            image[part][self.masks[index][part]] = index + 1
        return image

    def color(self, encoding: str = 'rgb8', by: str = 'object') -> Bytes:
        """
        Return the objects as a picture over black, transparent black with an alpha channel.

        Each object has its own colour, or `by='class'` that of its class.
        """
        if by not in ('object', 'class'):
            raise ConfigError(f"by is {by!r}; 'object' or 'class' is expected")
        numbers = self.class_ids.tolist() if by == 'class' else range(1, len(self) + 1)
        count = len(self.palette)
        shown = Palette((0, *(self.palette.colors[number % count] for number in numbers)))
        return shown.color(self.label_image(), encoding)

    def overlay(self, image: Bytes, alpha: float = 0.5, by: str = 'object') -> Bytes:
        """Return the RGB image of the same size with the colours of the objects over them."""
        return blend(image, self.color('rgba8', by), alpha)

    def polygons(self, tolerance: float = 0.0) -> list[list[list[int]]]:
        """Return the outlines of each object as COCO has them, [x1, y1, x2, y2, ...]."""
        return [polygons.polygons(mask, tolerance) for mask in self.masks]

    def to_json(self) -> dict[str, Any]:
        """
        Return the size and the objects as plain types.

        Of each object: id, class, its name, score, box [x1, y1, x2, y2], area in pixels, its mask
        as COCO run lengths, and the outlines of its parts (holes are only in the run lengths).
        """
        return {
            'size': list(self.size),
            'objects': [self._describe(index) for index in range(len(self))],
        }

    def _describe(self, index: int) -> dict[str, Any]:
        mask, class_id = self.masks[index], int(self.class_ids[index])
        known = self.ids[index]
        return {
            'id': known if type(known) in (int, str) else str(known),
            'class': class_id,
            'name': self.name(class_id),
            'score': float(self.scores[index]),
            'box': self.boxes[index].tolist(),
            'area': int(np.count_nonzero(mask)),
            'rle': rle.encode(mask),
            'polygons': polygons.polygons(mask),
        }
