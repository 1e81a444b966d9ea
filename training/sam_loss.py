"""What a promptable network is trained for: the masks, what it expects of them, corrections."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from .prompt_batches import Asked
from .prompts import BESIDE, NOTHING, ON
from .sam_model import Said, Sight

# In this part of the batches the network is corrected once, as a person would.
_CORRECTED = 0.35
_SCORE_WEIGHT = 1.0
# A pixel at an edge counts more than one far from it, where all is clear soon.
_FOCUS = 1.0


def prompted_loss(sight: Sight, asked: Asked, young: bool = False) -> Tensor:
    """Add up what is wrong with the first answer and, sometimes, with a corrected one."""
    seen = sight.features[asked.pictures]
    count, _, rows, columns = seen.fine.shape
    nothing = torch.zeros(count, 1, rows, columns), torch.zeros(count)
    said = sight.network.answer(seen, asked.points, asked.labels, *nothing, asked.origin)
    loss = answer_loss(said, asked.masks)
    if torch.rand(()) < _CORRECTED:
        earlier = best_masks(said).detach()
        spot, sign = correction(earlier, asked.masks, asked.origin)
        points = torch.cat([spot[:, None], asked.points], dim=1)
        labels = torch.cat([sign[:, None], asked.labels], dim=1)
        given = earlier[:, None], torch.ones(count)
        again = sight.network.answer(seen, points, labels, *given, asked.origin)
        loss = (loss + answer_loss(again, asked.masks)) / 2
    return loss


def answer_loss(said: Said, truth: Tensor, quick: bool = False) -> Tensor:
    """Compare four masks of each object with the one that is true, (B, H / 2, W / 2)."""
    return answer_losses(said, truth, quick).mean()


def answer_losses(said: Said, truth: Tensor, quick: bool = False) -> Tensor:
    """
    Give what is wrong with the answers for each object, (B).

    The first mask learns from every prompt; of the others only the best one, so that they differ.
    With `quick` masks are compared at their own size, which is less work and a little less exact.
    """
    coarse = functional.avg_pool2d(truth[:, None], 2)[:, 0]
    with torch.no_grad():
        overlap = mask_iou(said.masks, coarse[:, None])
        best = 1 + overlap[:, 1:].argmax(dim=1)
    every = torch.arange(len(best))
    taken = torch.cat([said.masks[:, 0], said.masks[every, best]])
    exact = coarse if quick else truth
    losses = mask_losses(taken, exact.repeat(2, 1, 1)).unflatten(0, (2, -1)).mean(dim=0)
    wrong = (said.scores - overlap).square().mean(dim=1)
    return losses + _SCORE_WEIGHT * wrong


def mask_losses(logits: Tensor, truth: Tensor) -> Tensor:
    """Compare each mask with the truth at its size: by pixel, and as a whole (Dice)."""
    large = functional.interpolate(
        logits[:, None], size=truth.shape[1:], mode='bilinear', align_corners=False
    )[:, 0]
    entropy = functional.binary_cross_entropy_with_logits(large, truth, reduction='none')
    chance = large.sigmoid()
    wrong = (chance.detach() - truth).abs() ** _FOCUS
    amount = truth.sum(dim=(1, 2)).clamp(min=16.0)
    by_pixel = (entropy * wrong).sum(dim=(1, 2)) / amount
    both = 2 * (chance * truth).sum(dim=(1, 2)) + 1
    dice = 1 - both / ((chance + truth).sum(dim=(1, 2)) + 1)
    return by_pixel + dice


def mask_iou(logits: Tensor, truth: Tensor) -> Tensor:
    """Give the IoU of masks and truth of one size, over their last two axes."""
    mask, true = logits > 0, truth > 0.5
    both = (mask & true).sum(dim=(-2, -1))
    either = (mask | true).sum(dim=(-2, -1))
    return both / either.clamp(min=1)


def best_masks(said: Said) -> Tensor:
    """Give (B, h, w), the mask of each prompt that the network itself believes in most."""
    return said.masks[torch.arange(len(said.masks)), said.scores.argmax(dim=1)]


def correction(earlier: Tensor, truth: Tensor, origin: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Point at a wrong cell of masks (B, h, w): x and y on the canvas, and which side it is on."""
    coarse = functional.avg_pool2d(truth[:, None], 2)[:, 0] > 0.5
    wrong = (earlier > 0) != coarse
    # Cells with wrong ones all around come first, the others by chance.
    depth = functional.avg_pool2d(wrong[:, None].float(), 3, stride=1, padding=1)[:, 0]
    chance = (depth + torch.rand_like(depth) * 0.5) * wrong
    top, place = chance.flatten(1).max(dim=1)
    rows, columns = place // earlier.shape[2], place % earlier.shape[2]
    stride = 4
    spot = torch.stack(
        [(columns + 0.5) * stride + origin[1], (rows + 0.5) * stride + origin[0]], dim=1
    )
    on = coarse.flatten(1).gather(1, place[:, None])[:, 0]
    sign = torch.where(on, float(ON), float(BESIDE))
    # Where nothing is wrong there is nothing to say.
    return spot, torch.where(top > 0, sign, float(NOTHING))
