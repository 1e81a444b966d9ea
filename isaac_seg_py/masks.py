"""The class of each pixel, as a network found it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import cv2
import numpy as np
import numpy.typing as npt

from . import rle
from .blend import blend, class_name
from .errors import TensorError
from .geometry import Size
from .instance_masks import InstanceMasks
from .palette import DEFAULT, Palette

__all__ = ['SMALLEST_PART', 'InstanceMasks', 'LabelImage']

Labels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
# The number of a class, None where none is meant, or that which the label image has.
Background = int | None | Literal['own']

SMALLEST_PART: Final = 16
"""Connected parts of fewer pixels get no box in `LabelImage.to_json`."""


@dataclass(frozen=True, eq=False)
class LabelImage:
    """
    The class of each pixel.

    `labels` is (H, W) uint8, or uint16 where there may be more than 255 classes; `scores` is
    (H, W) float32, the confidence 0 to 1 of each pixel's class, or None where nobody asked. The
    class `background` is no thing: clear in overlays, and without boxes; None where all are.
    """

    labels: Labels
    scores: Floats | None = None
    class_names: tuple[str, ...] = ()
    palette: Palette = DEFAULT
    background: int | None = 0

    def __post_init__(self) -> None:
        """Refuse arrays that are no label image."""
        labels, scores = self.labels, self.scores
        if labels.ndim != 2 or labels.dtype not in (np.uint8, np.uint16) or 0 in labels.shape:
            raise TensorError(
                f'labels are {labels.dtype} of shape {labels.shape}; '
                'uint8 or uint16 of (height, width) is expected'
            )
        if scores is None:
            return
        if scores.shape != labels.shape or scores.dtype != np.float32:
            raise TensorError(
                f'scores are {scores.dtype} of shape {scores.shape}; '
                f'float32 of {labels.shape}, as the labels are, is expected'
            )
        # The comparison is False for NaN, which min() hands on.
        if not (scores.min() >= 0 and scores.max() <= 1):
            raise TensorError(
                f'scores go from {scores.min()} to {scores.max()}; 0 to 1 is expected'
            )

    def __repr__(self) -> str:
        """Return the size and the classes, not their pixels."""
        height, width = self.size
        return f'{type(self).__name__}({height}x{width}: {", ".join(self.classes.values())})'

    @property
    def size(self) -> Size:
        """Return (height, width)."""
        return self.labels.shape[0], self.labels.shape[1]

    def name(self, class_id: int) -> str:
        """Return the name of a class, or `class 7` where it has none."""
        return class_name(self.class_names, class_id)

    def color(
        self, encoding: str = 'rgb8', background: Background = 'own', out: Bytes | None = None
    ) -> Bytes:
        """
        Return the labels as a picture; with an alpha channel `background` is transparent.

        Where the palette has opacities, they say what is transparent in place of our own.
        """
        if background == 'own':
            background = None if self.palette.alphas else self.background
        return self._painted(encoding, background, out)

    def _painted(self, encoding: str, background: int | None, out: Bytes | None) -> Bytes:
        return self.palette.color(self.labels, encoding, background, out)

    def overlay(
        self, image: Bytes, alpha: float = 0.5, background: Background = 'own', order: str = 'rgb'
    ) -> Bytes:
        """
        Return the image of the same size with the colours over all but `background`.

        `alpha` is the share of the image. A class whose opacity in the palette is not 255 has
        that one instead, as in segNet. `order` is that of the image's channels, rgb or bgr.
        """
        if not self.palette.alphas:
            return blend(image, self.color(f'{order}a8', background), alpha)
        shown = replace(self, palette=self.palette.laid_over(1 - alpha))
        return blend(image, shown.color(f'{order}a8', background), 0.0)

    def areas(self) -> npt.NDArray[np.int64]:
        """Return the number of pixels of each class, up to the highest class present."""
        return np.bincount(self.labels.reshape(-1))

    @property
    def classes(self) -> dict[int, str]:
        """Return the names of the classes present by their number."""
        return {int(i): self.name(int(i)) for i in np.flatnonzero(self.areas())}

    def instances(
        self, background: Background = 'own', smallest: int = SMALLEST_PART
    ) -> InstanceMasks:
        """
        Return the connected parts (corners connect) of all classes but `background` as objects.

        Parts of fewer than `smallest` pixels are left out. A part's score is the mean of its
        pixels', 1 where there are no scores.
        """
        without = self._meant(background)
        masks, scores, classes = [], [], []
        for class_id in self.classes:
            if class_id == without:
                continue
            count, parts, found, _ = cv2.connectedComponentsWithStats(
                (self.labels == class_id).view(np.uint8), connectivity=8
            )
            for part in range(1, count):
                if found[part, cv2.CC_STAT_AREA] < smallest:
                    continue
                mask = parts == part
                masks.append(mask)
                classes.append(class_id)
                scores.append(1.0 if self.scores is None else float(self.scores[mask].mean()))
        return InstanceMasks.of(
            np.array(masks, np.bool_).reshape(-1, *self.size),
            np.array(scores, np.float32).clip(0, 1),
            np.array(classes, np.int64),
            class_names=self.class_names,
            palette=self.palette,
        )

    def to_json(self, background: Background = 'own') -> dict[str, Any]:
        """
        Return the size and the classes present as plain types.

        Of each class: id, name, pixels, share of the image, mean score (None without scores),
        boxes [x1, y1, x2, y2] of its connected parts from the largest down (x2 and y2 are one
        behind the last pixel), and its mask as COCO run lengths. Parts of fewer than
        `smallest_part` pixels have no box, and those of `background` have none.
        """
        areas, without = self.areas(), self._meant(background)
        return {
            'size': list(self.size),
            'smallest_part': SMALLEST_PART,
            'classes': [
                self._describe(int(i), int(areas[i]), with_boxes=i != without)
                for i in np.flatnonzero(areas)
            ],
        }

    def _meant(self, background: Background) -> int | None:
        return self.background if background == 'own' else background

    def _describe(self, class_id: int, pixels: int, *, with_boxes: bool) -> dict[str, Any]:
        mask = (self.labels == class_id).view(np.uint8)
        mean = None
        if self.scores is not None:
            mean = float(self.scores[mask.view(np.bool_)].mean(dtype=np.float64))
        return {
            'id': class_id,
            'name': self.name(class_id),
            'pixels': pixels,
            'share': pixels / self.labels.size,
            'mean_score': mean,
            'boxes': _boxes(mask) if with_boxes else [],
            'rle': rle.encode(mask),
        }


def _boxes(mask: Bytes) -> list[list[int]]:
    """Return the boxes of the connected parts (corners connect), the largest part first."""
    _, _, found, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    parts = [part for part in found[1:].tolist() if part[cv2.CC_STAT_AREA] >= SMALLEST_PART]
    parts.sort(key=lambda part: (-part[cv2.CC_STAT_AREA], part))
    return [[left, top, left + width, top + height] for left, top, width, height, _ in parts]
