"""The graph of one SegmentEverythingNode: every object, without prompts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .graph import Argument, Graph, NodeSpec
from .parts import INPUT, model_arguments, SOURCE, source_nodes
from .segment_anything import LOOKS
from .upstream import Passed, passed

_NODE: Final = 'segment_everything'
_SETTINGS: Final = tuple(
    Passed(name, _NODE)
    for name in (
        'points_per_side',
        'pred_iou_thresh',
        'stability_score_thresh',
        'mask_nms_thresh',
        'min_mask_region_area',
    )
)


def _build(values: Mapping[str, Any]) -> list[NodeSpec]:
    told = {
        name: values[name]
        for name in ('model', 'backend', 'threads', 'input_qos', *(one.name for one in LOOKS))
    }
    node = NodeSpec('SegmentEverythingNode', _NODE, told, {'image': values['image']})
    return passed([*source_nodes(values), node], _SETTINGS, values, _NODE)


SEGMENT_EVERYTHING: Final = Graph(
    name='segment_everything',
    text='Camera images in; a mask for every object out, without being asked.',
    arguments=(
        *(one for one in model_arguments('tiny-sam') if one.name != 'fuse'),
        *(one for one in INPUT if one.name in ('image', 'input_qos')),
        Argument('camera_info', 'camera_info', 'Topic of the camera_info of a source.'),
        *LOOKS,
        *SOURCE,
        *(one.argument for one in _SETTINGS),
    ),
    build=_build,
)
