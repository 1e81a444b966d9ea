"""What a network found, as images to publish."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..blend import legend
from ..images import RawImage
from ..instance_masks import InstanceMasks
from ..masks import LabelImage
from ..object_marks import mark_objects
from ..panoptic import Found, PanopticImage

_LEGEND_ROW: Final = 28


@dataclass(frozen=True)
class Look:
    """
    How what was found is shown: the encoding and meaning of colours, how classes are told.

    `marks` are outlines, boxes, names and scores in an overlay.
    """

    encoding: str = 'rgb8'
    color_by: str = 'class'
    classes_as: str = 'name'
    marks: bool = True


class Marks(RawImage):
    """The marks of objects, transparent elsewhere; drawn only when somebody reads the pixels."""

    def __init__(self, found: Found, look: Look) -> None:
        """Take what is to be drawn."""
        vars(self).update(encoding='rgba8', size=found.size)
        self._found: Final = found
        self._look: Final = look

    @cached_property
    def data(self) -> npt.NDArray[Any]:
        """Return the pixels."""
        picture = np.zeros((*self.size, 4), np.uint8)
        if not isinstance(self._found, LabelImage):
            mark_objects(picture, self._found, self._look.color_by)
        return picture


def class_mask(found: Found, look: Look) -> RawImage:
    """Return the class of each pixel; the highest number of the type where there is none."""
    if isinstance(found, InstanceMasks):
        return _mono(_class_of_objects(found))
    return _mono(found.labels)


def object_mask(found: Found, look: Look) -> RawImage:
    """Return the number of the object of each pixel, 0 where there is none."""
    return _mono(
        found.ids if isinstance(found, PanopticImage) else found.instances().label_image()
    )


def color_mask(found: Found, look: Look) -> RawImage:
    """Return the colours of classes, or of objects."""
    if isinstance(found, InstanceMasks):
        return RawImage.from_array(found.color(look.encoding, look.color_by), look.encoding)
    return RawImage.from_array(found.color(look.encoding), look.encoding)


def confidence(found: Found, look: Look) -> RawImage | None:
    """Return the confidence of each pixel, None where it is not known."""
    if not isinstance(found, LabelImage) or found.scores is None:
        return None
    return RawImage.from_array(found.scores, '32FC1')


def legend_picture(found: Found, look: Look) -> RawImage | None:
    """
    Return the colours of the picture with their names, None where there is no room or none.

    They are those of the classes present, or of the objects where each has a colour of its own.
    """
    if isinstance(found, InstanceMasks) and look.color_by == 'object':
        present = dict(enumerate(found.titles, 1))
    else:
        present = found.classes
    if not present or found.size[0] < _LEGEND_ROW:
        return None
    names = [present.get(number, '') for number in range(max(present) + 1)]
    height = min(found.size[0], _LEGEND_ROW * len(present))
    return RawImage.from_array(legend(names, found.palette, present, height), 'rgb8')


def _class_of_objects(found: InstanceMasks) -> npt.NDArray[Any]:
    highest = max(found.class_ids.max(initial=0) + 1, len(found.class_names))
    kind: type[Any] = np.uint8 if highest <= 255 else np.uint16
    table = np.full(len(found) + 1, np.iinfo(kind).max, kind)
    table[1:] = found.class_ids
    return np.take(table, found.label_image())


def _mono(labels: npt.NDArray[Any]) -> RawImage:
    return RawImage.from_array(labels, 'mono8' if labels.itemsize == 1 else 'mono16')
