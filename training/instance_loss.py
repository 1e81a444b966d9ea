"""What an instance network is trained for: score, box and mask of each object."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from .instance_batches import Objects
from .instance_targets import assign, iou, Targets
from .instances_model import Found

_BOX_WEIGHT = 2.0
_MASK_WEIGHT = 2.0
# Masks are large: only the cells that shall score at least this part of the best one learn them.
_MASK_QUALITY = 0.6


def instance_loss(found: Found, objects: Objects, young: bool = False) -> Tensor:
    """Add up what is wrong with scores, boxes and masks."""
    targets = assign(found, objects)
    wanted = torch.zeros_like(found.classes)
    kinds = objects.classes[targets.objects]
    wanted[targets.pictures, targets.cells, kinds] = targets.quality
    amount = targets.quality.sum().clamp(min=1.0)
    entropy = functional.binary_cross_entropy_with_logits(found.classes, wanted, reduction='sum')
    boxes = found.boxes[targets.pictures, targets.cells]
    apart = 1 - iou(boxes, objects.boxes[targets.objects], generalized=True)
    loss = entropy + _BOX_WEIGHT * (apart * targets.quality).sum()
    return loss / amount + _MASK_WEIGHT * _mask_loss(found, objects, targets)


def _mask_loss(found: Found, objects: Objects, targets: Targets) -> Tensor:
    """Compare masks at 1/2 size inside the objects' boxes: by pixel, and as a whole (Dice)."""
    top = torch.zeros(len(objects.boxes))
    top = top.scatter_reduce(0, targets.objects, targets.quality, 'amax')
    good = targets.quality >= _MASK_QUALITY * top[targets.objects]
    pictures, cells = targets.pictures[good], targets.cells[good]
    numbers = targets.objects[good]
    if not len(numbers):
        return found.prototypes.sum() * 0
    coefficients = found.coefficients[pictures, cells]
    small = torch.einsum('rp,rphw->rhw', coefficients, found.prototypes[pictures])
    masks = objects.masks[numbers]
    logits = functional.interpolate(
        small[:, None], size=masks.shape[1:], mode='bilinear', align_corners=False
    )[:, 0]
    inside = _within(objects.boxes[numbers] / 2, masks.shape[1], masks.shape[2])
    entropy = functional.binary_cross_entropy_with_logits(logits, masks, reduction='none')
    by_pixel = (entropy * inside).sum(dim=(1, 2)) / inside.sum(dim=(1, 2))
    said = logits.sigmoid() * inside
    both = 2 * (said * masks).sum(dim=(1, 2)) + 1
    dice = 1 - both / ((said + masks).sum(dim=(1, 2)) + 1)
    return (by_pixel + dice).mean()


def _within(boxes: Tensor, rows: int, columns: int) -> Tensor:
    """Give (K, rows, columns) 1 in each box and within a cell of it, else 0."""
    y, x = torch.arange(rows) + 0.5, torch.arange(columns) + 0.5
    left, top, right, bottom = (boxes[:, axis, None] for axis in range(4))
    across = (x > left - 1) & (x < right + 1)
    down = (y > top - 1) & (y < bottom + 1)
    return (down[:, :, None] & across[:, None, :]).float()
