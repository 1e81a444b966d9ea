"""What is published of objects that are followed; each value is made only for who listens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from isaac_seg_interfaces.msg import ObjectState, ObjectStateArray
from rclpy.duration import Duration
from rclpy.qos import QoSProfile
from std_msgs.msg import Header
from vision_msgs.msg import BoundingBox2D

from .conversions import IMAGE
from .found_masks import Look
from .outputs import JSON
from .packet import Packet
from .prompt_images import Image
from .prompt_outputs import OF_PROMPTS, overlay, with_pixels
from .stage_node import StageNode
from .wire import only_sent, Wire
from ..images import RawImage
from ..track.colors import steady_colors
from ..track.tracked import Tracked

_OUTPUTS: Final = {one.topic: one for one in OF_PROMPTS}
_TENSORS: Final = _OUTPUTS.pop('raw_segmentation_mask')
# Numbers and colours are those that an object keeps, and the words tell more of it.
_OWN: Final = ('label_image', 'json')


def _states_to_message(header: Header, states: Sequence[ObjectState]) -> ObjectStateArray:
    return ObjectStateArray(header=header, objects=list(states))


STATES: Final[Wire[Sequence[ObjectState]]] = only_sent(ObjectStateArray, _states_to_message)


def states_of(tracked: Tracked) -> list[ObjectState]:
    """Return the objects as they stand; their classes are told in words."""
    names = tracked.objects.class_names
    made = []
    for index, name in enumerate(tracked.ids):
        number = int(tracked.objects.class_ids[index])
        made.append(
            ObjectState(
                id=str(name),
                class_id=names[number] if number < len(names) else '',
                label=int(tracked.labels[index]),
                score=float(tracked.presence[index]),
                visible=bool(tracked.visible[index]),
                box=_box(tracked.boxes[index].tolist()),
                area=int(tracked.areas[index]),
                age=_duration(tracked.ages[index]),
                unseen=_duration(tracked.unseen[index]),
            )
        )
    return made


class TrackedTopics:
    """The topics below a prefix, and the states of all objects below the node's own name."""

    def __init__(self, node: StageNode, prefix: str, qos: QoSProfile) -> None:
        """Offer the topics."""
        self._tensors = node.publish_to(_TENSORS.wire, f'{prefix}/{_TENSORS.topic}', qos)
        self._offered = [
            (output, node.publish_to(output.wire, f'{prefix}/{topic}', qos))
            for topic, output in _OUTPUTS.items()
            if topic not in _OWN
        ]
        self._labels = node.publish_to(IMAGE, f'{prefix}/label_image', qos)
        self._json = node.publish_to(JSON, f'{prefix}/json', qos)
        self._overlay = node.publish_to(IMAGE, f'{prefix}/overlay', qos)
        self._states = node.publish_to(STATES, '~/objects', qos)

    def publish(self, image: Image, tracked: Tracked, look: Look, alpha: float) -> None:
        """Publish the objects of an image with its header."""
        header = image.header
        # A row for each object, as in Isaac ROS, though nothing may be in it; no rows, no tensor.
        if self._tensors.wanted and len(tracked):
            self._tensors.publish(Packet(header, _TENSORS.make(tracked.objects, look)))
        if self._states.wanted:
            self._states.publish(Packet(header, states_of(tracked)))
        if self._json.wanted:
            told: dict[str, Any] = tracked.to_json()
            # Beside the frame's own name a header tells the time, exactly.
            del told['stamp']
            self._json.publish(Packet(header, told))
        if self._labels.wanted:
            labels = RawImage.from_array(tracked.label_image(), 'mono16')
            self._labels.publish(Packet(header, labels))
        if not self._overlay.wanted and not any(topic.wanted for _, topic in self._offered):
            return
        seen = with_pixels(tracked.objects)
        if look.color_by == 'object':
            seen = steady_colors(seen, tracked.labels[tracked.areas > 0])
        for output, topic in self._offered:
            value = output.make(seen, look) if topic.wanted else None
            if value is not None:
                topic.publish(Packet(header, value))
        if self._overlay.wanted:
            self._overlay.publish(Packet(header, overlay(image.value, seen, look, alpha)))


def _box(corners: Sequence[float]) -> BoundingBox2D:
    x1, y1, x2, y2 = corners
    made = BoundingBox2D(size_x=x2 - x1, size_y=y2 - y1)
    made.center.position.x, made.center.position.y = (x1 + x2) / 2, (y1 + y2) / 2
    return made


def _duration(seconds: float) -> Any:
    return Duration(nanoseconds=round(seconds * 1e9)).to_msg()
