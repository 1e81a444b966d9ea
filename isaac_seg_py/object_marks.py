"""Outlines, boxes and names over the objects of a picture, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from .errors import ImageError
from .instance_masks import InstanceMasks
from .lettering import put_text, text_size
from .panoptic import PanopticImage
from .polygons import bounds, deepest

Bytes = npt.NDArray[np.uint8]
Color = tuple[int, int, int]

_WHITE: Final = (255, 255, 255)
_BLACK: Final = (0, 0, 0)
# Parts of red, green and blue in how bright a colour looks, and where black letters are easier.
_BRIGHTNESS: Final = (0.299, 0.587, 0.114)
_BRIGHT: Final = 140
_MARGIN: Final = 2
_OPAQUE: Final = 255


def mark_objects(
    picture: Bytes,
    found: InstanceMasks | PanopticImage,
    by: str = 'object',
    names: Sequence[str] = (),
) -> None:
    """
    Draw over an (H, W, 3) uint8 RGB picture: outline, box, class and score of each object.

    The colours are those of `found.color(by=by)`. Of what is no object, such as sky, the name
    alone stands where there is most room for it. `names` may give each object another than its
    class. In a picture (H, W, 4) RGBA what is drawn is opaque.
    """
    fitting = (*found.size, 3), (*found.size, 4)
    if picture.shape not in fitting or picture.dtype != np.uint8:
        raise ImageError(
            f'a picture {picture.dtype} of shape {picture.shape} came; '
            f'uint8 {fitting[0]}, the size of the masks, is expected'
        )
    objects = found.instances()
    names = names or [objects.name(class_id) for class_id in objects.class_ids.tolist()]
    by_class = by == 'class' or isinstance(found, PanopticImage)
    fused = set()
    if isinstance(found, PanopticImage):
        fused = {segment.id for segment in found.segments if segment.fused}
    pen = _Pen(picture)
    labels = []
    # The best object chooses first where its name stands.
    for index, mask in enumerate(objects.masks):
        class_id = int(objects.class_ids[index])
        color = objects.palette.rgb(class_id if by_class else index + 1)
        is_object = objects.ids[index] not in fused
        box = bounds(mask)
        if box[0] == box[2]:
            continue
        text = f'{names[index]} {objects.scores[index]:.2f}' if is_object else names[index]
        if not is_object:
            left, top = deepest(mask)
            box = top, left, top, left
        labels.append((mask, color, is_object, pen.label(text, box)))
    # Names lie above all outlines, and the best object's above the others.
    for mask, color, is_object, _ in reversed(labels):
        pen.outline(mask, color, with_box=is_object)
    for _, color, _, label in reversed(labels):
        pen.name(label, color)


class _Label(NamedTuple):
    """A name, and the strip on which it stands; `letters` is the height above their line."""

    text: str
    left: int
    top: int
    width: int
    height: int
    letters: int

    @property
    def strip(self) -> tuple[slice, slice]:
        """Return rows and columns."""
        return (
            slice(self.top, self.top + self.height),
            slice(self.left, self.left + self.width),
        )


class _Pen:
    """Draws with lines and letters that fit the size of a picture."""

    def __init__(self, picture: Bytes) -> None:
        shorter = min(picture.shape[:2])
        self._picture = picture
        self._taken = np.zeros(picture.shape[:2], np.bool_)
        self._line = max(1, round(shorter / 360))
        self._scale = max(0.35, shorter / 1000)

    def outline(self, mask: npt.NDArray[np.bool_], color: Color, *, with_box: bool) -> None:
        """Draw the box of a mask, and over it the outline, brighter than its colour."""
        top, left, bottom, right = bounds(mask)
        if with_box:
            corners = (left, top), (right - 1, bottom - 1)
            cv2.rectangle(self._picture, *corners, (*color, _OPAQUE), self._line)
        part = mask[top:bottom, left:right].astype(np.uint8)
        lines, _ = cv2.findContours(part, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        bright = (*((channel + 255) // 2 for channel in color), _OPAQUE)
        cv2.drawContours(self._picture, lines, -1, bright, self._line, offset=(left, top))

    def label(self, text: str, box: tuple[int, int, int, int]) -> _Label:
        """
        Return where a name stands: above its box, else where it hides no earlier one.

        At the top of the box inside comes next, then below it, at its bottom and between, and the
        same at its right side.
        """
        top, left, bottom, right = box
        width, height, below = text_size(text, self._scale)
        wide, high = width + 2 * _MARGIN, height + below + 2 * _MARGIN
        rows, columns = self._picture.shape[:2]
        between = range(top + high, bottom - high, high)
        places = [
            _Label(text, max(min(x, columns - wide), 0), y, wide, high, height)
            for x in (left, right - wide)
            for y in (top - high, top, bottom, bottom - high, *between)
            if 0 <= y <= rows - high
        ] or [_Label(text, 0, 0, wide, high, height)]
        label = next((one for one in places if not self._taken[one.strip].any()), places[0])
        self._taken[label.strip] = True
        return label

    def name(self, label: _Label, color: Color) -> None:
        """Write a name on its strip."""
        left, top = label.left, label.top
        end = left + label.width - 1, top + label.height - 1
        cv2.rectangle(self._picture, (left, top), end, (*color, _OPAQUE), -1)
        bright = sum(part * share for part, share in zip(color, _BRIGHTNESS, strict=True))
        ink = _BLACK if bright > _BRIGHT else _WHITE
        start = left + _MARGIN, top + _MARGIN + label.letters
        put_text(self._picture, label.text, start, self._scale, ink)
        # OpenCV's soft letters leave some pixels a little less than opaque.
        self._picture[label.strip][..., 3:] = _OPAQUE
