"""Messages that ask a tracker for something, as it takes them."""

from __future__ import annotations

from typing import Any, Final

from isaac_ros_segment_anything2_interfaces.srv import AddObjects
from isaac_seg_interfaces.msg import ObjectPrompt
from std_msgs.msg import Header

from .prompt_images import nanoseconds
from .prompt_messages import upright
from ..errors import ImageError, PromptError
from ..families.sam2_requests import AddRequest
from ..image_messages import image_from_message

# Before the first image nobody knows what lies outside of it.
ANY_SIZE: Final = (1 << 16, 1 << 16)


def wanted_by(request: AddObjects.Request) -> AddRequest:
    """Return what a request asks for; nothing of it is checked yet."""
    return AddRequest(
        list(request.bbox_object_ids),
        [upright(box) for box in request.bbox_coords],
        list(request.point_object_ids),
        [(point.x, point.y) for point in request.point_coords],
        list(request.point_labels),
    )


def seconds(header: Header) -> float:
    """Return the stamp of a header."""
    return nanoseconds(header) / 1e9


def shown_by(prompt: ObjectPrompt) -> dict[str, Any]:
    """Return what shows an object, as the tracker takes it."""
    mask = None
    if len(prompt.mask.data):
        try:
            image = image_from_message(prompt.mask)
        except ImageError as error:
            raise PromptError(f'the mask of object {prompt.id!r}: {error}') from error
        if image.encoding != 'mono8':
            raise PromptError(
                f"the mask of object {prompt.id!r} is {image.encoding}; mono8 of the image's size "
                'is expected'
            )
        mask = image.data > 0
    return {
        'points': [(point.x, point.y) for point in prompt.points] or None,
        'labels': list(prompt.point_labels) or None,
        'box': upright(prompt.box) if prompt.use_box else None,
        'mask': mask,
    }
