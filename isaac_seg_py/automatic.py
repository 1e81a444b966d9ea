"""Masks for everything in an image: a grid of points is asked, and the good answers stay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
import math
from typing import Final

import numpy as np
import numpy.typing as npt

from .automatic_config import AutomaticConfig
from .decode.nms import suppress
from .decode.prompted import Patch
from .decode.regions import without_small_islands, without_small_regions
from .encode.colors import to_bytes
from .errors import PromptError
from .families.sam import Embedding, objects_of, PromptedNetwork
from .geometry import Size
from .images import RawImage
from .instance_masks import InstanceMasks
from .prompts import make_prompts

Floats = npt.NDArray[np.float32]
Corners = tuple[int, int, int, int]

# A mask that ends so near to the edge of a crop is likely cut off there.
_NEAR_EDGE: Final = 20


@dataclass(frozen=True, eq=False)
class Everything:
    """
    The objects that a grid of points found, the best first.

    `stability` (N,) says how little each mask depends on the threshold, `points` (N, 2) are x, y
    of the point that found it.
    """

    objects: InstanceMasks
    stability: Floats
    points: Floats


@dataclass(frozen=True, eq=False)
class _Found:
    """
    A mask of the whole image, and what decides whether it stays.

    Thousands wait for the others, so that a pixel of theirs is one bit.
    """

    box: Corners
    bits: npt.NDArray[np.uint8]
    score: float
    stability: float
    point: tuple[float, float]
    crop_area: int

    @classmethod
    def of(
        cls, patch: Patch, score: float, stability: float, point: tuple[float, float], area: int
    ) -> _Found:
        return cls(patch.box, np.packbits(patch.inside), score, stability, point, area)

    @property
    def patch(self) -> Patch:
        left, top, right, bottom = self.box
        size = bottom - top, right - left
        inside = np.unpackbits(self.bits, count=size[0] * size[1]).reshape(size)
        return Patch(top, left, inside.view(np.bool_))


def find_everything(
    network: PromptedNetwork, image: RawImage | Embedding, config: AutomaticConfig
) -> Everything:
    """Ask for the objects at all points of a grid, over the image and over crops of it."""
    if isinstance(image, Embedding):
        if config.crop_n_layers:
            raise PromptError(
                f'crop_n_layers is {config.crop_n_layers}, but an embedding came: crops are cut '
                'out of the image. Give the image, or leave crop_n_layers at 0'
            )
        size = image.view.image
        found = _in_crop(network, image, (0, 0, size[1], size[0]), size, 0, config)
    else:
        size, found = image.size, []
        for layer, crop in crops(size, config.crop_n_layers, config.crop_overlap_ratio):
            seen = network.encode(_cut(image, crop) if layer else image)
            found += _in_crop(network, seen, crop, size, layer, config)
        if config.crop_n_layers:
            # What a smaller crop shows is seen better.
            better = [1 / one.crop_area for one in found]
            found = _suppressed(found, better, config.crop_nms_thresh)
    if config.min_mask_region_area:
        found = _cleaned(found, size, config)
    found = sorted(found, key=lambda one: -one.score)
    if config.mask_nms_thresh < 1:
        found = _distinct(found, config.mask_nms_thresh)
    found = found[: config.max_masks]
    return Everything(
        objects_of(
            [one.patch for one in found],
            size,
            scores=[one.score for one in found],
            class_ids=[0] * len(found),
            ids=tuple(range(1, len(found) + 1)),
        ),
        np.array([one.stability for one in found], np.float32),
        np.array([one.point for one in found], np.float32).reshape(-1, 2),
    )


def crops(size: Size, layers: int, overlap_ratio: float) -> Iterator[tuple[int, Corners]]:
    """Return the layer and x1, y1, x2, y2 of the image of (height, width), and of its crops."""
    height, width = size
    yield 0, (0, 0, width, height)
    for layer in range(1, layers + 1):
        count = 2**layer
        overlap = int(overlap_ratio * min(size) * 2 / count)
        spans = [_spans(length, count, overlap) for length in (width, height)]
        for (left, right), (top, bottom) in product(*spans):
            yield layer, (left, top, right, bottom)


def _spans(length: int, count: int, overlap: int) -> list[tuple[int, int]]:
    """Return parts of an axis that all have one length, but for the last one."""
    each = math.ceil((length + overlap * (count - 1)) / count)
    starts = [(each - overlap) * index for index in range(count)]
    return [(start, min(start + each, length)) for start in starts if start < length]


def grid(size: Size, count: int) -> Floats:
    """Return (count², 2) points x, y in the middle of equal tiles of an image."""
    share = (np.arange(count) + 0.5) / count
    points = np.stack(np.meshgrid(share * size[1], share * size[0]), -1)
    return points.reshape(-1, 2).astype(np.float32)


def _in_crop(
    network: PromptedNetwork,
    seen: Embedding,
    crop: Corners,
    size: Size,
    layer: int,
    config: AutomaticConfig,
) -> list[_Found]:
    left, top, right, bottom = crop
    per_side = config.points_per_side // config.crop_n_points_downscale_factor**layer
    points = grid((bottom - top, right - left), max(per_side, 1))
    prompts = make_prompts(seen.view.image, points=list(points))
    found = []
    for place, candidates in network.candidates(seen, prompts, 'all'):
        for one in candidates:
            if one.score < config.pred_iou_thresh:
                continue
            stability = network.grow.stability(one.coarse, seen.view)
            if stability < config.stability_score_thresh:
                continue
            patch = network.grow(one.coarse, seen.view)
            if patch.is_empty:
                continue
            if config.min_island_share:
                patch = without_small_islands(patch, config.min_island_share)
            if not _is_near(patch, points[place], config.max_point_gap * max(seen.view.image)):
                continue
            patch = replace(patch, top=patch.top + top, left=patch.left + left)
            if _is_cut_off(patch.box, crop, size):
                continue
            x, y = points[place].tolist()
            area = (right - left) * (bottom - top)
            found.append(_Found.of(patch, one.score, stability, (x + left, y + top), area))
    return _suppressed(found, [one.score for one in found], config.box_nms_thresh)


def _is_near(patch: Patch, point: Floats, gap: float) -> bool:
    """Say whether a mask has a pixel in the square that reaches this far around a point."""
    x, y = point[0] - patch.left, point[1] - patch.top
    # A negative end of a slice would count from the other side.
    (left, top), (right, bottom) = np.maximum(
        [[x - gap, y - gap], [x + gap + 1, y + gap + 1]], 0
    ).astype(int)
    return bool(patch.inside[top:bottom, left:right].any())


def _is_cut_off(box: Corners, crop: Corners, size: Size) -> bool:
    """Say whether a box ends at an edge of its crop that is none of the image."""
    x1, y1, x2, y2 = box
    whole = (0, 0, size[1], size[0])
    # As Meta measures it: from the last pixel inside.
    return any(
        abs(side - edge) <= _NEAR_EDGE < abs(side - end)
        for side, edge, end in zip((x1, y1, x2 - 1, y2 - 1), crop, whole, strict=True)
    )


def _suppressed(found: Sequence[_Found], better: Sequence[float], limit: float) -> list[_Found]:
    boxes = np.array([one.box for one in found], np.float32).reshape(-1, 4)
    kept = suppress(boxes, np.array(better, np.float32), None, limit, len(found))
    return [found[index] for index in kept]


def _distinct(found: Sequence[_Found], limit: float) -> list[_Found]:
    """Return masks, the best first, without those that overlap with a better one by more."""
    kept: list[tuple[_Found, int]] = []
    for one in found:
        patch = one.patch
        area = int(np.count_nonzero(patch.inside))
        # Masks of very different sizes cannot be alike; few are left to be unpacked.
        rivals = (other for other, its in kept if min(area, its) > limit * max(area, its))
        if all(patch.overlap(other.patch) <= limit for other in rivals):
            kept.append((one, area))
    return [one for one, _ in kept]


def _cleaned(found: Sequence[_Found], size: Size, config: AutomaticConfig) -> list[_Found]:
    """Fill small holes and remove small islands; of masks that are now alike one stays."""
    cleaned, better = [], []
    for one in found:
        patch, changed = without_small_regions(one.patch, size, config.min_mask_region_area)
        cleaned.append(replace(one, box=patch.box, bits=np.packbits(patch.inside)))
        better.append(0.0 if changed else 1.0)
    limit = max(config.box_nms_thresh, config.crop_nms_thresh)
    return _suppressed(cleaned, better, limit)


def _cut(image: RawImage, crop: Corners) -> RawImage:
    left, top, right, bottom = crop
    # Of encodings that share colours between pixels nothing can be cut.
    whole = image.data if image.encoding == 'rgb8' else to_bytes(image)
    return RawImage.from_array(whole[top:bottom, left:right], 'rgb8')
