"""The answers of a frame become masks of its image."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from .following import Following
from .history import Moment
from .tracked import Tracked
from ..decode.sigmoid import sigmoid
from ..families.sam2_masks import filled, separate
from ..instance_masks import InstanceMasks


def shown(
    following: Following,
    moment: Moment,
    class_names: tuple[str, ...] = (),
    refused: tuple[tuple[Hashable, str], ...] = (),
) -> Tracked:
    """Return the objects in a frame, with masks of its size; note where each was last seen."""
    config = following.network.config
    objects = list(following.roster)
    answers = [moment.answers[one.id] for one in objects]
    presence = np.array([one.presence for one in answers], np.float32)
    present = presence > config.presence_threshold
    masks = np.zeros((len(objects), *moment.size), np.bool_)
    if objects:
        assert moment.embedding is not None
        coarse, view = np.stack([one.coarse for one in answers]), moment.embedding.view
        coarse = filled(coarse, config)
        for index in np.flatnonzero(present):
            following.grow(coarse[index], view).paint(masks[index])
        if config.non_overlapping:
            separate(masks, coarse, view)
    areas = np.array([np.count_nonzero(mask) for mask in masks], np.int64)
    # Networks also find present what has no pixel, as where the ground was shown.
    visible = present & (areas > 0)
    quality = np.array([one.quality for one in answers], np.float32).clip(0, 1)
    found = InstanceMasks.of(
        masks,
        np.where(visible, quality, 0).astype(np.float32),
        np.array([one.class_id for one in objects], np.int64),
        ids=tuple(one.id for one in objects),
        by_score=False,
        class_names=class_names,
    )
    for one, answer, box, area in zip(objects, answers, found.boxes, areas, strict=True):
        if area:
            one.box = answer.box = box
    return Tracked(
        frame=moment.frame,
        stamp=moment.stamp,
        objects=found,
        labels=np.array([one.label for one in objects], np.uint16),
        presence=sigmoid(presence),
        visible=visible,
        areas=areas,
        ages=tuple(max(moment.stamp - one.added, 0) for one in objects),
        unseen=tuple(max(moment.stamp - one.last_seen, 0) for one in objects),
        refused=refused,
    )
