"""
Networks that answer queries, such as Mask2Former: each query has a class and a mask.

The results equal those of the post-processing of the library transformers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from .chances import Chances
from .class_list import ClassList
from .instances import view_of
from .labels import LabelDecoder
from .layout import first_of
from .query_objects import find_objects
from .query_segments import find_segments
from .sigmoid import sigmoid
from .winner import Floats, Winners
from ..config import DecodeConfig
from ..errors import TensorError
from ..instance_config import InstanceConfig
from ..panoptic import Found
from ..tensors import Tensors

CLASSES: Final = 'class_queries_logits'
MASKS: Final = 'masks_queries_logits'
# Cells that are worked on at once: what they need stays in the cache of a small processor.
_BLOCK: Final = 1 << 12
# Masks that have their working size at once: more would need memory without end.
_QUERIES: Final = 256
# Real networks ask a few hundred; of more, a frame would take minutes.
_MOST_QUERIES: Final = 2048


class QueryDecoder:
    """
    Makes a panoptic image, objects or a label image of the answers, as `task` says.

    `filter_mode` is for the masks of objects; classes and segments are always interpolated.
    """

    def __init__(self, config: InstanceConfig) -> None:
        """Prepare for outputs of one kind."""
        self.config = config
        self._classes = ClassList(config)
        self._labels = _QueryLabels(
            DecodeConfig(
                class_names=config.class_names,
                color_palette=config.color_palette,
                class_alphas=config.class_alphas,
                background_class=config.background_class,
                network_output_type='softmax',
                data_format='CHW',
            )
        )

    def __call__(self, outputs: Tensors, *, want_scores: bool = True) -> Found:
        """Return what is in the first image."""
        config = self.config
        raw = first_of(outputs, config.boxes_output or CLASSES, 3, 'the classes of queries')
        masks = first_of(outputs, config.masks_output or MASKS, 4, 'the masks of queries')
        if len(raw) != len(masks) or raw.shape[1] < 2:
            raise TensorError(
                f'classes of queries have shape {[1, *raw.shape]} and their masks '
                f'{[1, *masks.shape]}; [1, queries, classes + 1] and [1, queries, height, width] '
                'are expected. Set boxes_output and masks_output'
            )
        if len(raw) > _MOST_QUERIES:
            raise TensorError(
                f'the network answers {len(raw)} queries; {_MOST_QUERIES} are the most. Set '
                'boxes_output and masks_output where these are not its queries'
            )
        if not (_is_finite(raw) and _is_finite(masks)):
            raise TensorError(
                'the answers to the queries are NaN or infinite; the model or its precision is '
                'broken: try float32, or another backend'
            )
        chances = _softmax(raw.astype(np.float32, copy=False))
        masks = masks.astype(np.float32, copy=False)
        self._classes.expect(raw.shape[1] - 1)
        view = view_of(outputs, (masks.shape[1], masks.shape[2]), config)
        if config.task == 'semantic':
            return self._labels(
                Tensors({'scores': class_scores(chances, masks, self._sized)}, view),
                want_scores=want_scores,
            )
        find = find_objects if config.task == 'instance' else find_segments
        return find(chances, masks, self._sized, view, config, self._classes)

    def _sized(self, masks: Floats) -> Floats:
        """Return masks of queries in the size in which they are worked on."""
        side = self.config.query_mask_side
        if not side or masks.shape[1:] == (side, side):
            return masks
        sized = np.empty((len(masks), side, side), np.float32)
        for mask, out in zip(masks, sized, strict=True):
            cv2.resize(mask, (side, side), out, interpolation=cv2.INTER_LINEAR)
        return sized


class _QueryLabels(LabelDecoder):
    """A label decoder for sums over queries: a score is its own probability."""

    def _chances(self, winners: Winners) -> Chances:
        return Chances(winners, None)


def class_scores(chances: Floats, masks: Floats, sized: Callable[[Floats], Floats]) -> Floats:
    """Return (C, h, w): how much the queries of each class cover a cell of the working size."""
    weights = np.ascontiguousarray(chances[:, :-1].T)
    scores = np.zeros((len(weights), *sized(masks[:1]).shape[1:]), np.float32)
    flat = scores.reshape(len(weights), -1)
    for first in range(0, len(masks), _QUERIES):
        part = slice(first, first + _QUERIES)
        cells = sized(masks[part]).reshape(-1, flat.shape[1])
        for start in range(0, cells.shape[1], _BLOCK):
            block = slice(start, start + _BLOCK)
            flat[:, block] += weights[:, part] @ sigmoid(cells[:, block])
    return scores


def _is_finite(array: npt.NDArray[Any]) -> bool:
    # One NaN or infinity makes the sum one; in float64 no sum of other numbers gets there.
    with np.errstate(invalid='ignore'):
        return bool(np.isfinite(array.sum(dtype=np.float64)))


def _softmax(raw: npt.NDArray[Any]) -> Floats:
    found: Floats = np.exp(raw - raw.max(1, keepdims=True))
    found /= found.sum(1, keepdims=True)
    return found
