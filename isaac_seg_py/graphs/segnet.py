"""The graph of one SegNetNode, told as ros_deep_learning's is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .graph import Argument, Graph, NodeSpec
from .parts import INPUT, SOURCE, source_nodes
from ..infer_config import BACKENDS

_FILTERS: Final = ('linear', 'point')
_TOPICS: Final = ('overlay', 'color_mask', 'class_mask', 'vision_info')
_MODEL: Final = (
    Argument('model_name', 'tiny-fcn', "Model: a name (isaac-seg models), such as segNet's."),
    Argument('model_path', '', 'ONNX file or manifest, in place of a name.'),
    Argument('prototxt_path', '', 'Taken for ros_deep_learning.'),
    Argument('input_blob', '', "Name of the network's input. Empty: as it is."),
    Argument('output_blob', '', "Name of the network's output. Empty: as it is."),
    Argument('class_labels', '', 'File with a name on each line. Empty: as the model says.'),
    Argument('class_colors', '', 'File with red, green, blue on each line. Empty: likewise.'),
    Argument('mask_filter', 'linear', 'How masks grow to the size of the image.', _FILTERS),
    Argument('overlay_filter', 'linear', 'How the mask of the overlay grows.', _FILTERS),
    Argument('overlay_alpha', 180.0, 'Opacity of the mask in the overlay, 0 to 255.'),
    Argument('backend', 'auto', 'What runs the network.', BACKENDS),
    Argument('threads', 0, 'Threads for a network on the CPU; 0: one per core.'),
)


def _build(values: Mapping[str, Any]) -> list[NodeSpec]:
    told = {argument.name: values[argument.name] for argument in _MODEL}
    told['input_qos'] = values['input_qos']
    remappings = {
        'image_in': values['image'],
        **{topic: f'segnet/{topic}' for topic in _TOPICS},
    }
    return [*source_nodes(values), NodeSpec('SegNetNode', 'segnet', told, remappings)]


SEGNET: Final = Graph(
    name='segnet',
    text='Camera images in; overlay, colours and class of each pixel out, by a segNet.',
    arguments=(
        *_MODEL,
        *(one for one in INPUT if one.name != 'use_camera_info'),
        *SOURCE,
    ),
    build=_build,
)
