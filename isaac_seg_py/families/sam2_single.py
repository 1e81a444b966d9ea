"""
NVIDIA's single network of Segment Anything 2: what goes in with each image, and what comes back.

The network takes the objects in the order of its own rows: first those that it has a memory of,
then those that are shown by points, then by boxes. `permutation` says which row each answer is of.
Isaac ROS sends the memories in the order in which the objects were added: while one object is not
confirmed, later ones are followed with its empty memory. Here they come in the order of the rows.
Which answer is whose is known from what was sent with the image of that stamp, whatever was added
or removed since: only the time of images counts.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .sam2_requests import AddRequest, MAX_POINTS, unknown_object, Wanted
from .sam2_store import is_whole
from ..buffers import BufferPool
from ..errors import PromptError, TensorError
from ..geometry import Size
from ..tensors import Tensors

Floats = npt.NDArray[np.float32]

# Answers that are still to come; those of older images are no longer waited for.
_WAITING: Final = 64
_POOLED: Final = 4
# Where in an object's memory the frames are: features and place of the first, then of the last.
_FIRST, _LAST = 0, 2
_FIRST_POINTER, _LAST_POINTER = 0, 1


@dataclass(frozen=True)
class Reply:
    """What a service answers: all objects with their rows, whether it was done, and why not."""

    object_ids: tuple[str, ...]
    object_indices: tuple[int, ...]
    success: bool
    message: str


@dataclass(eq=False)
class _Object:
    wanted: Wanted
    maps: Floats
    pointers: Floats
    confirmed: bool = False


@dataclass(frozen=True)
class _Sent:
    """Who was asked for in one image, in the order of the answers, and who was shown in it."""

    objects: tuple[_Object, ...]
    shown: frozenset[int]


class SingleNetworkState:
    """The objects that are followed by the single network, and its memory of them."""

    def __init__(
        self,
        size: Size,
        max_num_objects: int = 10,
        *,
        memory: tuple[int, int, int] = (64, 64, 64),
        pointer: int = 256,
    ) -> None:
        """Take the (height, width) of the image that boxes and points are given in."""
        self._size = size
        self._most = max_num_objects
        self._shapes = (4, *memory), (2, pointer)
        self._objects: dict[str, _Object] = {}
        self._sent: OrderedDict[int, _Sent] = OrderedDict()
        self._pools = BufferPool(_POOLED), BufferPool(_POOLED)

    def __len__(self) -> int:
        """Return the number of objects."""
        return len(self._objects)

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the objects in the order of the answers."""
        return tuple(self._objects)

    def add(self, request: AddRequest) -> Reply:
        """Follow objects from the next image on; none of them where one is refused."""
        try:
            wanted = request.checked(self._objects, self._most, self._size)
        except PromptError as error:
            return Reply((), (), False, str(error))
        for one in wanted:
            maps, pointers = (np.zeros(shape, np.float32) for shape in self._shapes)
            self._objects[one.id] = _Object(one, maps, pointers)
        return self._done()

    def remove(self, name: str) -> Reply:
        """Follow an object no longer; later ones move up by one row, as in Isaac ROS."""
        if self._objects.pop(name, None) is None:
            return Reply((), (), False, unknown_object(self._objects))
        return self._done()

    def clear(self) -> None:
        """Follow nothing."""
        self._objects.clear()

    def tensors(self, image: npt.NDArray[Any], stamp: int) -> Tensors | None:
        """Return the eight inputs for an image of a stamp; None while nothing is followed."""
        objects = tuple(self._objects.values())
        if not objects:
            return None
        known = [one for one in objects if one.confirmed]
        pointed = [one for one in objects if not one.confirmed and one.wanted.box is None]
        boxed = [one for one in objects if not one.confirmed and one.wanted.box is not None]
        rows = [*known, *pointed, *boxed]
        place = {id(one): row for row, one in enumerate(rows)}
        maps, pointers = (
            pool.take((len(rows), *shape), np.float32)
            for pool, shape in zip(self._pools, self._shapes, strict=True)
        )
        for row, one in enumerate(rows):
            maps[row], pointers[row] = one.maps, one.pointers
        self._sent.pop(stamp, None)
        shown = frozenset(i for i, one in enumerate(objects) if not one.confirmed)
        self._sent[stamp] = _Sent(objects, shown)
        while len(self._sent) > _WAITING:
            self._sent.popitem(last=False)
        coords, labels = _points(pointed)
        return Tensors(
            {
                'image': image,
                'original_size': np.array(self._size, np.int32),
                'mask_memory': maps,
                'obj_ptr_memory': pointers,
                'bbox_coords': _boxes(boxed),
                'point_coords': coords,
                'point_labels': labels,
                'permutation': np.array([place[id(one)] for one in objects], np.int64),
            }
        )

    def remember(self, answer: Tensors, stamp: int) -> bool:
        """Take the network's answer for an image; say whether it was still waited for."""
        sent = self._sent.get(stamp)
        if sent is None:
            return False
        features, places, pointers, scores = (
            _rows(answer, name, len(sent.objects), shape)
            for name, shape in (
                ('maskmem_features', self._shapes[0][1:]),
                ('maskmem_pos_enc', self._shapes[0][1:]),
                ('obj_ptr_features', self._shapes[1][1:]),
                ('object_score_logits', (1,)),
            )
        )
        # Answers come in the order of the images: what is older will not come any more.
        while next(iter(self._sent)) != stamp:
            self._sent.popitem(last=False)
        del self._sent[stamp]
        for index, one in enumerate(sent.objects):
            gone = self._objects.get(one.wanted.id) is not one
            # Of the frames in which it was shown, the first in which it is seen counts.
            late = index in sent.shown and one.confirmed
            found = features[index], places[index], pointers[index]
            if gone or late or not scores[index, 0] >= 0 or not is_whole(*found):
                continue
            if not one.confirmed:
                one.maps[_FIRST], one.maps[_FIRST + 1] = features[index], places[index]
                one.pointers[_FIRST_POINTER] = pointers[index]
                one.confirmed = True
            one.maps[_LAST], one.maps[_LAST + 1] = features[index], places[index]
            one.pointers[_LAST_POINTER] = pointers[index]
        return True

    def _done(self) -> Reply:
        return Reply(self.ids, tuple(range(len(self))), True, 'Success')


def _boxes(objects: list[_Object]) -> Floats:
    """Return the boxes, and a row that the network leaves out, because it may not be empty."""
    boxes = np.zeros((len(objects) + 1, 4), np.float32)
    for row, one in enumerate(objects):
        boxes[row] = one.wanted.box
    return boxes


def _points(objects: list[_Object]) -> tuple[Floats, npt.NDArray[np.int32]]:
    """Return the points and what they mean, filled up with points that mean nothing."""
    coords = np.zeros((len(objects) + 1, MAX_POINTS, 2), np.float32)
    labels = np.full((len(objects) + 1, MAX_POINTS), -1, np.int32)
    for row, one in enumerate(objects):
        coords[row, : len(one.wanted.points)] = one.wanted.points
        labels[row, : len(one.wanted.labels)] = one.wanted.labels
    return coords, labels


def _rows(answer: Tensors, name: str, count: int, shape: tuple[int, ...]) -> Floats:
    found = answer[name]
    if found.shape != (count, *shape):
        raise TensorError(
            f'tensor {name!r} has shape {list(found.shape)}; {[count, *shape]} is expected for '
            f'the {count} objects that were asked for'
        )
    return found
