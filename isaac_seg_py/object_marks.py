"""Outlines, boxes and names over the objects of a picture, for people."""

from __future__ import annotations

from typing import Final

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


def mark_objects(picture: Bytes, found: InstanceMasks | PanopticImage, by: str = 'object') -> None:
    """
    Draw over an (H, W, 3) uint8 RGB picture: outline, box, class and score of each object.

    The colours are those of `found.color(by=by)`. Of what is no object, such as sky, the name
    alone stands where there is most room for it.
    """
    if picture.shape != (*found.size, 3) or picture.dtype != np.uint8:
        raise ImageError(
            f'a picture {picture.dtype} of shape {picture.shape} came; '
            f'uint8 {(*found.size, 3)}, the size of the masks, is expected'
        )
    objects = found.instances()
    by_class = by == 'class' or isinstance(found, PanopticImage)
    fused = set()
    if isinstance(found, PanopticImage):
        fused = {segment.id for segment in found.segments if segment.fused}
    pen = _Pen(picture)
    for is_named in (False, True):
        # Names lie above all outlines, and the best object's above the others.
        for index in reversed(range(len(objects))):
            class_id = int(objects.class_ids[index])
            color = objects.palette.rgb(class_id if by_class else index + 1)
            mask, is_object = objects.masks[index], objects.ids[index] not in fused
            top, left, bottom, _ = bounds(mask)
            if top == bottom:
                continue
            if not is_named:
                pen.outline(mask, color, with_box=is_object)
            elif is_object:
                text = f'{objects.name(class_id)} {objects.scores[index]:.2f}'
                pen.name(text, (left, top), color)
            else:
                pen.name(objects.name(class_id), deepest(mask), color)


class _Pen:
    """Draws with lines and letters that fit the size of a picture."""

    def __init__(self, picture: Bytes) -> None:
        shorter = min(picture.shape[:2])
        self._picture = picture
        self._line = max(1, round(shorter / 360))
        self._scale = max(0.35, shorter / 1000)

    def outline(self, mask: npt.NDArray[np.bool_], color: Color, *, with_box: bool) -> None:
        """Draw the box of a mask, and over it the outline, brighter than its colour."""
        top, left, bottom, right = bounds(mask)
        if with_box:
            corners = (left, top), (right - 1, bottom - 1)
            cv2.rectangle(self._picture, *corners, color, self._line)
        part = mask[top:bottom, left:right].astype(np.uint8)
        lines, _ = cv2.findContours(part, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        bright = tuple((channel + 255) // 2 for channel in color)
        cv2.drawContours(self._picture, lines, -1, bright, self._line, offset=(left, top))

    def name(self, text: str, corner: tuple[int, int], color: Color) -> None:
        """Write on a strip above a point of the picture, or below it where no room is."""
        width, height, below = text_size(text, self._scale)
        size = width + 2 * _MARGIN, height + below + 2 * _MARGIN
        whole = self._picture.shape
        left = max(min(corner[0], whole[1] - size[0]), 0)
        top = corner[1] - size[1]
        top = min(top if top >= 0 else corner[1], max(whole[0] - size[1], 0))
        end = left + size[0] - 1, top + size[1] - 1
        cv2.rectangle(self._picture, (left, top), end, color, -1)
        bright = sum(part * share for part, share in zip(color, _BRIGHTNESS, strict=True))
        ink = _BLACK if bright > _BRIGHT else _WHITE
        start = left + _MARGIN, top + _MARGIN + height
        put_text(self._picture, text, start, self._scale, ink)
