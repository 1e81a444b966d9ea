"""The class and the object of each pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .blend import blend, class_name
from .errors import TensorError
from .geometry import Size
from .instance_masks import InstanceMasks
from .masks import LabelImage
from .palette import DEFAULT, Palette

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Segment:
    """
    An object, or all that is of a class without objects, such as sky.

    `fused` says that segments of this class are always one. The score is 0 to 1.
    """

    id: int
    class_id: int
    score: float
    fused: bool = False


@dataclass(frozen=True, eq=False)
class PanopticImage:
    """
    The segment of each pixel, and the class of each segment.

    `ids` is (H, W) uint16, 0 where there is no segment; `segments` have different ids from 1 up.
    """

    ids: npt.NDArray[np.uint16]
    segments: tuple[Segment, ...]
    class_names: tuple[str, ...] = ()
    palette: Palette = DEFAULT

    def __post_init__(self) -> None:
        """Refuse ids that are no image, and pixels of a segment that is not there."""
        if self.ids.ndim != 2 or self.ids.dtype != np.uint16 or 0 in self.ids.shape:
            raise TensorError(
                f'ids are {self.ids.dtype} of shape {self.ids.shape}; '
                'uint16 of (height, width) is expected'
            )
        known = [segment.id for segment in self.segments]
        if len(set(known)) != len(known) or not all(0 < one < 1 << 16 for one in known):
            raise TensorError(f'segments have ids {known}; different ones from 1 are expected')
        present = np.flatnonzero(np.bincount(self.ids.reshape(-1))[1:]) + 1
        strangers = sorted(set(present.tolist()) - set(known))
        if strangers:
            raise TensorError(f'pixels have ids {strangers}; the segments are {known}')

    def __repr__(self) -> str:
        """Return the size and the number of segments, not their pixels."""
        height, width = self.size
        return f'{type(self).__name__}({height}x{width}: {len(self.segments)} segments)'

    @property
    def size(self) -> Size:
        """Return (height, width)."""
        return self.ids.shape[0], self.ids.shape[1]

    @property
    def scores(self) -> Floats:
        """Return the score of each segment, (N,) float32."""
        return np.array([segment.score for segment in self.segments], np.float32)

    @property
    def void(self) -> int:
        """Return the label of pixels without a segment: 255, or 65535 beyond 255 classes."""
        highest = max((segment.class_id for segment in self.segments), default=0)
        return 255 if max(highest + 1, len(self.class_names)) <= 255 else 65535

    @property
    def labels(self) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
        """Return the class of each pixel, `void` where there is no segment."""
        table = np.full(1 << 16, self.void, np.uint8 if self.void == 255 else np.uint16)
        for segment in self.segments:
            table[segment.id] = segment.class_id
        return np.take(table, self.ids)

    @property
    def classes(self) -> dict[int, str]:
        """Return the names of the classes present by their number."""
        return {one: self.name(one) for one in sorted({s.class_id for s in self.segments})}

    def name(self, class_id: int) -> str:
        """Return the name of a class, or `class 7` where it has none."""
        return class_name(self.class_names, class_id)

    def label_image(self) -> LabelImage:
        """Return the classes as a label image."""
        return LabelImage(self.labels, None, self.class_names, self.palette)

    def instances(self) -> InstanceMasks:
        """Return the segments as objects, under their ids, the highest score first."""
        masks = [self.ids == segment.id for segment in self.segments]
        return InstanceMasks.of(
            np.array(masks, np.bool_).reshape(-1, *self.size),
            self.scores,
            np.array([segment.class_id for segment in self.segments], np.int64),
            ids=tuple(segment.id for segment in self.segments),
            class_names=self.class_names,
            palette=self.palette,
        )

    def color(self, encoding: str = 'rgb8') -> Bytes:
        """Return the classes as a picture; black, or transparent, where there is no segment."""
        table = [0] * (max((segment.id for segment in self.segments), default=0) + 1)
        for segment in self.segments:
            table[segment.id] = self.palette.colors[segment.class_id % len(self.palette)]
        return Palette(tuple(table)).color(self.ids, encoding)

    def overlay(self, image: Bytes, alpha: float = 0.5) -> Bytes:
        """Return the RGB image of the same size with the colours of the classes over it."""
        return blend(image, self.color('rgba8'), alpha)

    def to_json(self) -> dict[str, Any]:
        """Return the size and the segments as plain types: as of objects, and whether fused."""
        found = self.instances().to_json()
        fused = {segment.id: segment.fused for segment in self.segments}
        segments = [{**one, 'fused': fused[one['id']]} for one in found['objects']]
        return {'size': found['size'], 'segments': segments}


Found = LabelImage | InstanceMasks | PanopticImage
"""What a network may find in an image."""
