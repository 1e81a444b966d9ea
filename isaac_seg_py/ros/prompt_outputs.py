"""What is published of objects that a network was shown, or found by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from isaac_seg_interfaces.srv import SegmentObjects
import numpy as np
from rclpy.qos import QoSProfile
from std_msgs.msg import Header

from .conversions import IMAGE, image_to_message, TENSORS_ALONE
from .detections import Detection, DETECTIONS
from .found_masks import Look, object_mask
from .outputs import OF_OBJECTS, Output
from .packet import Packet
from .prompt_images import Image
from .prompt_questions import Question
from .stage_node import StageNode
from ..encode.colors import to_bytes
from ..families.sam import Answer
from ..images import RawImage
from ..instance_masks import InstanceMasks
from ..object_marks import mark_objects
from ..panoptic import Found
from ..tensors import Tensors

_OVERLAY: Final = 'overlay'


def _masks(found: Found, look: Look) -> Tensors:
    """Return (N, 1, H, W) of 0 and 1, as Isaac ROS has them."""
    return Tensors({'masks': found.instances().masks.view(np.uint8)[:, np.newaxis]})


def _detections(objects: Found, look: Look) -> tuple[Detection, ...]:
    """Return the objects with what told their classes, which may be nothing."""
    found = objects.instances()
    return tuple(
        Detection(
            str(name),
            str(number) if look.classes_as == 'number' else _text(found, number),
            score,
            (x1, y1, x2, y2),
        )
        for name, number, score, (x1, y1, x2, y2) in zip(
            found.ids,
            found.class_ids.tolist(),
            found.scores.tolist(),
            found.boxes.tolist(),
            strict=True,
        )
    )


def _text(found: InstanceMasks, number: int) -> str:
    return found.class_names[number] if number < len(found.class_names) else ''


# Isaac ROS has tensors under raw_segmentation_mask here; a topic has one type only. Marks stand
# in an overlay.
_OTHERS: Final = ('raw_segmentation_mask', 'marks', 'detections')
OF_PROMPTS: Final = (
    Output('raw_segmentation_mask', TENSORS_ALONE, _masks),
    Output('label_image', IMAGE, object_mask),
    Output('detections', DETECTIONS, _detections),
    *(one for one in OF_OBJECTS if one.topic not in _OTHERS),
)


class ObjectTopics:
    """The topics below a prefix; each value is made only for who listens."""

    def __init__(self, node: StageNode, prefix: str, qos: QoSProfile) -> None:
        """Offer the topics."""
        self._offered = [
            (output, node.publish_to(output.wire, f'{prefix}/{output.topic}', qos))
            for output in OF_PROMPTS
        ]
        self._overlay = node.publish_to(IMAGE, f'{prefix}/{_OVERLAY}', qos)

    @property
    def are_wanted(self) -> bool:
        """Say whether anybody listens."""
        return self._overlay.wanted or any(topic.wanted for _, topic in self._offered)

    def publish(self, image: Image, found: InstanceMasks, look: Look, alpha: float) -> None:
        """Publish objects with the header of their image."""
        seen = with_pixels(found)
        for output, topic in self._offered:
            if not topic.wanted:
                continue
            # The tensor has a row for each prompt, as in Isaac ROS, though nothing may be in it.
            value = output.make(found if output.wire is TENSORS_ALONE else seen, look)
            if value is not None:
                topic.publish(Packet(image.header, value))
        if self._overlay.wanted:
            self._overlay.publish(Packet(image.header, overlay(image.value, seen, look, alpha)))


def overlay(image: RawImage, seen: InstanceMasks, look: Look, alpha: float) -> RawImage:
    """Return an image with its objects over it, under the ids that prompts and services use."""
    picture = seen.overlay(to_bytes(image, 'rgb'), alpha, look.color_by)
    if look.marks:
        mark_objects(picture, seen, look.color_by, seen.titles)
    return RawImage.from_array(picture, 'rgb8')


def named(found: InstanceMasks, class_names: tuple[str, ...]) -> InstanceMasks:
    """Return objects with the names of their classes, and text as ids."""
    ids = tuple(
        '/'.join(map(str, one)) if isinstance(one, tuple) else str(one) for one in found.ids
    )
    return replace(found, ids=ids, class_names=class_names)


def response_of(
    header: Header, question: Question, answer: Answer, found: InstanceMasks, look: Look
) -> SegmentObjects.Response:
    """Return the answer of the service: each object in its place, those without a pixel too."""
    made = SegmentObjects.Response(header=header, success=True)
    made.detections = DETECTIONS.to_message(header, _detections(found, look))
    made.stabilities = answer.stability.tolist()
    made.masks = [
        image_to_message(header, RawImage.from_array(mask.view(np.uint8) * 255, 'mono8'))
        for mask in found.masks
    ]
    if question.want_scores:
        made.scores = [
            image_to_message(header, RawImage.from_array(np.ascontiguousarray(one), '32FC1'))
            for one in answer.coarse
        ]
    return made


def with_pixels(found: InstanceMasks) -> InstanceMasks:
    """Return the objects that have a pixel."""
    keep = found.boxes[:, 2] > found.boxes[:, 0]
    if keep.all():
        return found
    changed: dict[str, Any] = {
        name: getattr(found, name)[keep] for name in ('masks', 'scores', 'boxes', 'class_ids')
    }
    ids = tuple(one for one, kept in zip(found.ids, keep, strict=True) if kept)
    return replace(found, ids=ids, **changed)
