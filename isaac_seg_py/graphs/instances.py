"""The graph of networks that find objects: masks, boxes and classes, and the overlay."""

from __future__ import annotations

from typing import Final

from .graph import Graph
from .mask_graph import mask_graph
from .upstream import Passed

_SETTINGS: Final = (
    'task', 'score_threshold', 'nms_iou_threshold', 'max_detections', 'color_by', 'classes_as',
)  # fmt: skip

INSTANCES: Final[Graph] = mask_graph(
    'instances',
    'Camera images in; objects with masks, boxes and classes, and overlay out.',
    plugin='InstanceDecoderNode',
    decoder='instance_decoder_node',
    prefix='instances',
    model='tiny-instances',
    table=tuple(Passed(name, '*') for name in _SETTINGS),
    mask_kind='objects',
)
