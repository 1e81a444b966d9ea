"""Panoptic segments among the answers to queries."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .class_list import ClassList
from .mixing import above, mix_winners
from .resample import Resampler
from .sigmoid import sigmoid
from .winner import find_winners, Floats
from ..geometry import View
from ..instance_config import InstanceConfig
from ..panoptic import PanopticImage, Segment


def find_segments(
    chances: Floats,
    masks: Floats,
    sized: Callable[[Floats], Floats],
    view: View,
    config: InstanceConfig,
    classes: ClassList,
) -> PanopticImage:
    """
    Return the segments: each pixel goes to the query that is surest of it.

    A query has its best class; of very many, those with the highest scores count. One that loses
    too many of its pixels to others gives no segment.
    `sized` gives masks their working size.
    """
    scores, class_ids = chances.max(1), chances.argmax(1)
    kept = np.flatnonzero((class_ids != chances.shape[1] - 1) & (scores > config.score_threshold))
    if kept.size > config.max_detections:
        best = np.argsort(-scores[kept], kind='stable')[: config.max_detections]
        kept = kept[np.sort(best)]
    ids = np.zeros(view.image, np.uint16)
    if not kept.size:
        return PanopticImage(ids, (), classes.names, classes.palette)
    sure = sigmoid(sized(masks[kept]))
    sure *= scores[kept, np.newaxis, np.newaxis]
    resampler = Resampler.of(view, (sure.shape[1], sure.shape[2]))
    sure = sure[(slice(None), *resampler.cells)]
    winners = find_winners(sure)
    owner, _ = mix_winners(winners, None, resampler)
    if resampler.hidden is not None:
        # The canvas does not show these: they belong to none of the queries.
        owner = owner.astype(np.uint16)
        owner[resampler.hidden] = len(kept)
    areas = np.bincount(owner.reshape(-1), minlength=len(kept) + 1)
    number_of = np.zeros(len(kept) + 1, np.uint16)
    segments: dict[int, Segment] = {}
    fused: dict[int, int] = {}
    for place, query in enumerate(kept):
        if not areas[place] or not _keeps_enough(
            int(areas[place]), winners.planes[place], resampler, config
        ):
            continue
        class_id, score = int(class_ids[query]), float(min(scores[query], 1))
        is_fused = class_id in config.fused_classes
        number = fused.get(class_id, len(segments) + 1)
        number_of[place] = number
        if is_fused:
            fused[class_id] = number
        if number in segments:
            score = max(score, segments[number].score)
        segments[number] = Segment(number, class_id, score, is_fused)
    np.take(number_of, owner, out=ids)
    return PanopticImage(ids, tuple(segments.values()), classes.names, classes.palette)


def _keeps_enough(area: int, sure: Floats, resampler: Resampler, config: InstanceConfig) -> bool:
    """Say whether a query's own pixels are enough of those that it alone would have."""
    alone = above(sure, config.mask_threshold, resampler)
    if resampler.hidden is not None:
        alone &= ~resampler.hidden
    count = int(np.count_nonzero(alone))
    return count > 0 and area / count > config.overlap_threshold
