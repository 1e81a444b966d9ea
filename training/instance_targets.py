"""Which cells of the network shall find which object."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .instance_batches import Objects
from .instances_model import cell_centres, Found, STRIDES

# How many cells learn each object.
_CELLS = 9
# How much a good box counts against a good score when those are chosen.
_BOX_POWER = 4.0


@dataclass(frozen=True)
class Targets:
    """The R pairs of a cell and the object that it shall find."""

    pictures: Tensor
    """(R) which picture of the batch."""
    cells: Tensor
    """(R) which of its cells."""
    objects: Tensor
    """(R) which object."""
    quality: Tensor
    """(R) the score that the cell shall give: the best box of an object scores as it overlaps."""


@torch.no_grad()
def assign(found: Found, objects: Objects) -> Targets:
    """
    Choose for each object the cells in its box that find it best already.

    A cell finds an object well when it scores its class high and its box overlaps: so score and
    box come to belong together. A cell that is chosen twice takes the object it overlaps most.
    """
    overlap = iou(found.boxes[objects.pictures], objects.boxes[:, None])
    kinds = objects.classes[:, None, None].expand(-1, overlap.shape[1], 1)
    scores = found.classes[objects.pictures].gather(2, kinds)[..., 0].sigmoid()
    inside = _inside(objects.boxes, _centres(found))
    fitness = torch.where(inside, scores.sqrt() * overlap**_BOX_POWER + 1e-9, 0.0)
    best, cells = fitness.topk(_CELLS, dim=1)
    number = torch.arange(len(cells))[:, None].expand_as(cells)
    taken = best > 0
    number, cells, best = number[taken], cells[taken], best[taken]
    pictures, shared = objects.pictures[number], overlap[number, cells]
    # Of several objects for one cell, keep the one that overlaps most.
    place = pictures * overlap.shape[1] + cells
    most = torch.zeros(found.boxes.shape[0] * overlap.shape[1])
    most = most.scatter_reduce(0, place, shared, 'amax')
    kept = shared >= most[place]
    number, cells, pictures = number[kept], cells[kept], pictures[kept]
    best, shared = best[kept], shared[kept]
    top = torch.zeros(len(objects.boxes)).scatter_reduce(0, number, best, 'amax')
    widest = torch.zeros(len(objects.boxes)).scatter_reduce(0, number, shared, 'amax')
    return Targets(pictures, cells, number, best / top[number].clamp(min=1e-9) * widest[number])


def iou(first: Tensor, second: Tensor, *, generalized: bool = False) -> Tensor:
    """
    Give the intersection over union of boxes (…, 4).

    Generalized, what the smallest box around both holds beside them is taken off, so that boxes
    that do not touch can learn too.
    """
    low = torch.maximum(first[..., :2], second[..., :2])
    high = torch.minimum(first[..., 2:], second[..., 2:])
    both = (high - low).clamp(min=0).prod(dim=-1)
    areas = [(box[..., 2:] - box[..., :2]).clamp(min=0).prod(dim=-1) for box in (first, second)]
    either = areas[0] + areas[1] - both
    ratio = both / either.clamp(min=1e-6)
    if not generalized:
        return ratio
    low = torch.minimum(first[..., :2], second[..., :2])
    high = torch.maximum(first[..., 2:], second[..., 2:])
    around = (high - low).clamp(min=0).prod(dim=-1).clamp(min=1e-6)
    return ratio - (around - either) / around


def _centres(found: Found) -> Tensor:
    """Give (A, 2) the middle of each cell."""
    rows, columns = (4 * side for side in found.prototypes.shape[2:])
    maps = [
        cell_centres(rows // stride, columns // stride, stride).flatten(1) for stride in STRIDES
    ]
    return torch.cat(maps, dim=1).transpose(0, 1)


def _inside(boxes: Tensor, centres: Tensor) -> Tensor:
    """Say (K, A) which cells have their middle in a box; a thin box takes its neighbours."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    reach = ((boxes[:, 2:] - boxes[:, :2]) / 2).clamp(min=STRIDES[0] / 2)
    return ((centres - middle[:, None]).abs() <= reach[:, None]).all(dim=2)
