"""The graph of one SegmentAnything2Node, with Isaac ROS's arguments where they have a meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from .graph import Argument, Graph, NodeSpec
from .parts import INPUT, model_arguments, SOURCE, source_nodes
from .segment_anything import LOOKS, PROMPT_TOPICS, source_with_boxes
from .upstream import Passed, passed

_NODE: Final = 'segment_anything2'
# In a namespace of their own where several trackers run, as NVIDIA's manipulator expects them.
_SERVICES: Final = (
    Argument('add_objects', 'add_objects', 'Name of the service that adds objects.'),
    Argument('remove_object', 'remove_object', 'Name of the service that removes one.'),
)
# Objects that seldom cross; with a crowd of them no tracker of this size keeps names apart.
_SCENE: Final = (
    Argument('boxes', True, 'A scene tells the boxes of its objects, as a detector would.'),
    Argument('objects', 3, 'Objects in a scene.'),
    Argument('seed', 820_069, 'Which scene.'),
)
_SETTINGS: Final = (
    *(Passed(name, _NODE) for name in ('memory_frames', 'click_object', 'classes_as')),
    # Isaac ROS's words for the same.
    Passed('sam2_max_num_objects', _NODE, 'max_num_objects'),
    Passed('sam2_encoder_image_mean', _NODE, 'image_mean'),
    Passed('sam2_encoder_image_stddev', _NODE, 'image_stddev'),
)


def _build(values: Mapping[str, Any]) -> list[NodeSpec]:
    told = {
        name: values[name]
        for name in ('model', 'backend', 'threads', 'input_qos', *(one.name for one in LOOKS))
    }
    names = ('image', 'prompts', 'point', *(one.name for one in _SERVICES))
    node = NodeSpec('SegmentAnything2Node', _NODE, told, {name: values[name] for name in names})
    return passed([*_source(values), node], _SETTINGS, values, _NODE)


def _source(values: Mapping[str, Any]) -> list[NodeSpec]:
    """Return who publishes pictures."""
    scene = {name: values[name] for name in ('objects', 'seed')}
    return [
        replace(spec, parameters={**spec.parameters, **scene})
        if spec.plugin == 'ScenePublisherNode'
        else spec
        for spec in (source_with_boxes(values) if values['boxes'] else source_nodes(values))
    ]


SEGMENT_ANYTHING2: Final = Graph(
    name='segment_anything2',
    text='Camera images in; objects shown once by boxes, clicks or requests are followed.',
    arguments=(
        *(one for one in model_arguments('tiny-sam2') if one.name != 'fuse'),
        *(one for one in INPUT if one.name in ('image', 'input_qos')),
        Argument('camera_info', 'camera_info', 'Topic of the camera_info of a source.'),
        *PROMPT_TOPICS,
        *_SERVICES,
        *LOOKS,
        *SOURCE,
        *_SCENE,
        *(one.argument for one in _SETTINGS),
    ),
    build=_build,
)
