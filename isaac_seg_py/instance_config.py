"""The settings of what turns a network's output into objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .config import MaskConfig
from .settings import setting

TASKS: Final = ('panoptic', 'instance', 'semantic')
LAYOUTS: Final = ('auto', 'channels_first', 'channels_last', 'end_to_end')


@dataclass(frozen=True)
class InstanceConfig(MaskConfig):
    """How a network's output becomes a mask for each object."""

    task: str = setting(
        'panoptic',
        "What a network of class and mask queries is asked for: every pixel's class and object "
        '(panoptic), objects (instance) or classes (semantic). Others give objects.',
        choices=TASKS,
    )
    score_threshold: float = setting(
        0.25, 'Score from which an object is kept.', low=0.0, high=1.0, live=True
    )
    nms_iou_threshold: float = setting(
        0.7,
        'Of two boxes of one class that overlap by more (intersection over union), the better '
        'one is kept.',
        low=0.0,
        high=1.0,
        live=True,
    )
    agnostic_nms: bool = setting(
        False, 'Overlapping boxes of different classes compete as well.', live=True
    )
    max_detections: int = setting(
        100, 'The best so many objects, or segments, are kept.', low=1, high=1000, live=True
    )
    mask_threshold: float = setting(
        0.5, 'Probability above which a pixel is of the object.', low=0.0, high=1.0, live=True
    )
    overlap_threshold: float = setting(
        0.8,
        'A panoptic segment must keep more than this share of its pixels from better ones.',
        low=0.0,
        high=1.0,
        live=True,
    )
    fused_classes: tuple[int, ...] = setting(
        (),
        'Classes of which all panoptic segments become one, such as sky and road.',
        low=0,
        high=65534,
        kind=int,
        live=True,
    )
    query_mask_side: int = setting(
        0,
        'Masks of queries are first resized to a square of this side; transformers takes 384 for '
        'Mask2Former. 0: they stay as they are.',
        low=0,
        high=4096,
    )
    prediction_layout: str = setting(
        'auto',
        'Tensor of boxes: [1, 4 + classes + coefficients, boxes] (channels_first), the last two '
        'axes turned (channels_last), or [1, boxes, 6 + coefficients] with corners, score and '
        'class (end_to_end). auto: found from the tensor.',
        choices=LAYOUTS,
    )
    boxes_output: str = setting(
        '', 'Name of the output with boxes, or with the classes of queries. Empty: found.'
    )
    masks_output: str = setting(
        '', 'Name of the output with mask prototypes, or with masks of queries. Empty: found.'
    )
