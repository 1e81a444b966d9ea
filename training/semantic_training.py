"""What a semantic network is trained for: the right class at each pixel."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

# Weight of the background while a network is young and learns from crops.
_YOUNG_BACKGROUND = 0.4


def semantic_loss(logits: Tensor, labels: Tensor, young: bool) -> Tensor:
    """Compare logits with labels at the size of the labels, which may be finer."""
    if logits.shape[2:] != labels.shape[1:]:
        logits = functional.interpolate(
            logits, size=labels.shape[1:], mode='bilinear', align_corners=False
        )
    return segmentation_loss(logits, labels, _YOUNG_BACKGROUND if young else 1.0)


def segmentation_loss(logits: Tensor, labels: Tensor, background: float = 1.0) -> Tensor:
    """
    Add cross-entropy, which trains each pixel, and Dice, which trains what IoU measures.

    A small weight of the background keeps a young network from seeing nothing else.
    """
    classes = logits.shape[1]
    weight = torch.ones(classes)
    weight[0] = background
    log_said = functional.log_softmax(logits, dim=1)
    entropy = functional.nll_loss(log_said, labels, weight)
    # Dice per class. What was said of each pixel's true class is all that counts as common, so
    # that no picture per class is made of the labels: that took a quarter of each step.
    said = log_said.exp()
    right = said.gather(1, labels[:, None]).flatten()
    both = torch.zeros(classes).index_add(0, labels.flatten(), right)
    true = torch.bincount(labels.flatten(), minlength=classes)
    all_of_it = said.sum(dim=(0, 2, 3)) + true
    # A class that is nowhere in the batch has nothing to say.
    dice = (1 - (2 * both + 1) / (all_of_it + 1))[all_of_it > 50].mean()
    return entropy + 0.5 * dice
