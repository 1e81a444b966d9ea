"""The graph of one SegmentAnythingNode, with Isaac ROS's arguments where they have a meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from .graph import Argument, Graph, NodeSpec
from .parts import INPUT, model_arguments, SOURCE, source_nodes
from .upstream import Passed, passed

_NODE: Final = 'segment_anything'
PROMPT_TOPICS: Final = (
    Argument('prompts', 'prompts', 'Topic of boxes (vision_msgs/Detection2DArray).'),
    Argument('point', 'point', 'Topic of clicks (geometry_msgs/PointStamped), in pixels.'),
)
LOOKS: Final = (
    Argument('alpha', 0.5, 'Share of the image in the overlay.'),
    Argument(
        'color_segmentation_mask_encoding',
        'rgb8',
        'Encoding of the coloured mask.',
        ('rgb8', 'bgr8', 'rgba8', 'bgra8'),
    ),
    Argument('marks', True, 'Draw outline, box, name and score of objects in the overlay.'),
    Argument('color_by', 'object', 'A colour for each object, or class.', ('object', 'class')),
)
_SETTINGS: Final = (
    *(Passed(name, _NODE) for name in ('multimask', 'prompt_tolerance_ms', 'classes_as')),
    # Isaac ROS's words for the same.
    Passed('max_batch_size', _NODE, 'max_prompts'),
    Passed('encoder_image_mean', _NODE, 'image_mean'),
    Passed('encoder_image_stddev', _NODE, 'image_stddev'),
)


def _build(values: Mapping[str, Any]) -> list[NodeSpec]:
    told = {
        name: values[name]
        for name in ('model', 'backend', 'threads', 'input_qos', *(one.name for one in LOOKS))
    }
    remappings = {name: values[name] for name in ('image', 'prompts', 'point')}
    node = NodeSpec('SegmentAnythingNode', _NODE, told, remappings)
    return passed([*source_with_boxes(values), node], _SETTINGS, values, _NODE)


def source_with_boxes(values: Mapping[str, Any]) -> list[NodeSpec]:
    """Return who publishes pictures; a scene knows the boxes of its objects, too."""
    return [
        replace(spec, remappings={**spec.remappings, 'detections': values['prompts']})
        if spec.plugin == 'ScenePublisherNode'
        else spec
        for spec in source_nodes(values)
    ]


SEGMENT_ANYTHING: Final = Graph(
    name='segment_anything',
    text='Camera images with boxes or clicks in; a mask for each object that is meant out.',
    arguments=(
        *(one for one in model_arguments('tiny-sam') if one.name != 'fuse'),
        *(one for one in INPUT if one.name in ('image', 'input_qos')),
        Argument('camera_info', 'camera_info', 'Topic of the camera_info of a source.'),
        *PROMPT_TOPICS,
        *LOOKS,
        *SOURCE,
        *(one.argument for one in _SETTINGS),
    ),
    build=_build,
)
