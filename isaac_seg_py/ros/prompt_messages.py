"""Messages that show an object, as values; they are checked once the image they mean is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
import math
from typing import Any, Final

from geometry_msgs.msg import Point, PointStamped
from isaac_seg_interfaces.msg import ObjectPrompt
import numpy as np
import numpy.typing as npt
from std_msgs.msg import Header
from vision_msgs.msg import BoundingBox2D, Detection2D, Detection2DArray

from .detections import Detection, DETECTIONS
from .wire import Wire
from ..encode.mask_prompt import scores_of_mask
from ..errors import ImageError, PromptError
from ..geometry import Size, View
from ..image_messages import image_from_message
from ..prompts import make_prompts, Prompt

Box = tuple[float, float, float, float]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Asked:
    """
    What somebody said of one object: nothing of it is checked yet.

    `mask` is the message of a mask, `class_id` the text that tells the class.
    """

    id: str = ''
    class_id: str = ''
    points: tuple[tuple[float, float], ...] = ()
    labels: tuple[int, ...] = ()
    box: Box | None = None
    mask: Any = None

    def prompt(self, view: View, grid: Size) -> Prompt:
        """
        Return the prompt for an image; `grid` is the size of the network's own masks.

        The number of its class is not known here.
        """
        (prompt,) = make_prompts(
            view.image,
            points=[self.points or None],
            labels=[self.labels or None],
            boxes=[self.box],
            masks=[None if self.mask is None else self._scores(view, grid)],
            ids=[self.id],
        )
        return prompt

    def _scores(self, view: View, grid: Size) -> Floats:
        try:
            image = image_from_message(self.mask)
        except ImageError as error:
            raise PromptError(f'the mask of object {self.id!r}: {error}') from error
        if image.encoding == '32FC1' and image.size == grid:
            return image.data.astype(np.float32)
        if image.encoding == 'mono8' and image.size == view.image:
            return scores_of_mask(image.data, view, grid)
        raise PromptError(
            f'the mask of object {self.id!r} is {image.encoding} of {_text(image.size)}; mono8 of '
            f"the image's size, {_text(view.image)}, or the 32FC1 scores of an earlier answer, "
            f'{_text(grid)}, is expected'
        )


def asked_by_detections(detections: Iterable[Detection]) -> tuple[Asked, ...]:
    """Return the objects that a detector found."""
    return with_own_ids(Asked(one.id, one.class_id, box=one.box) for one in detections)


def asked_by_click(point: Point) -> tuple[Asked, ...]:
    """Return the object that lies at x, y of the image."""
    return with_own_ids([Asked(points=((point.x, point.y),))])


def asked_by_request(prompts: Iterable[ObjectPrompt]) -> tuple[Asked, ...]:
    """Return the objects of a service's request."""
    return with_own_ids(
        Asked(
            one.id,
            one.class_id,
            tuple((point.x, point.y) for point in one.points),
            tuple(one.point_labels),
            upright(one.box) if one.use_box else None,
            one.mask if len(one.mask.data) else None,
        )
        for one in prompts
    )


def with_own_ids(asked: Iterable[Asked]) -> tuple[Asked, ...]:
    """Return the objects under different ids: the first of a name keeps it, others get one."""
    given = list(asked)
    taken = {one.id for one in given}
    seen: set[str] = set()
    named = []
    for number, one in enumerate(given, 1):
        if one.id and one.id not in seen:
            name = one.id
        else:
            name = f'{one.id}_{number}' if one.id else str(number)
            while name in taken:
                name += '_'
            taken.add(name)
        seen.add(name)
        named.append(replace(one, id=name))
    return tuple(named)


def upright(box: BoundingBox2D) -> Box:
    """Return the corners x1, y1, x2, y2 of the upright box around one that may be turned."""
    x, y, turn = box.center.position.x, box.center.position.y, box.center.theta
    if not math.isfinite(turn):
        return (turn,) * 4
    along, across = abs(math.cos(turn)), abs(math.sin(turn))
    wide = (box.size_x * along + box.size_y * across) / 2
    tall = (box.size_x * across + box.size_y * along) / 2
    return x - wide, y - tall, x + wide, y + tall


def _from_detections(message: Detection2DArray) -> tuple[Detection, ...]:
    return tuple(map(_detection, message.detections))


def _detection(message: Detection2D) -> Detection:
    best: Any = max(message.results, key=lambda one: one.hypothesis.score, default=None)
    score, class_id = (best.hypothesis.score, best.hypothesis.class_id) if best else (0.0, '')
    return Detection(message.id, class_id, score, upright(message.bbox))


def _to_click(header: Header, point: Point) -> PointStamped:
    return PointStamped(header=header, point=point)


def _text(size: Size) -> str:
    return f'{size[1]}x{size[0]}'


# Bad boxes pass here: each is refused by itself, and the others are answered.
BOXES: Final[Wire[tuple[Detection, ...]]] = Wire(
    Detection2DArray, DETECTIONS.to_message, _from_detections, is_prompt=True
)
CLICK: Final[Wire[Point]] = Wire(
    PointStamped, _to_click, lambda message: message.point, is_prompt=True
)
