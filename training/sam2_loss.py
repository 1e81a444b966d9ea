"""What the tiny Segment Anything 2 is trained for: each frame of a clip, from memory alone."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from .clip_batches import Followed
from .prompts import NOTHING, TOP_LEFT
from .sam2_memory import SHOWN
from .sam2_model import Found, TinySam2
from .sam_loss import answer_losses
from .sam_model import Features, Sight

# Ages of pointers are counted in parts of so many frames.
SPAN = 15
_PRESENCE_WEIGHT = 0.5
# Tokens of a frame in which nobody shows anything.
_SILENT = 2
_GIVEN = (20.0, -10.0)


@dataclass
class Memory:
    """What is remembered of some objects: the first frame is the one that showed them."""

    maps: list[Tensor] = field(default_factory=list)
    pointers: list[Tensor] = field(default_factory=list)

    def recalled(self, network: TinySam2, vision: Tensor) -> Tensor:
        """Give the features of the next frame as the objects' memory sees them."""
        now, count = len(self.maps), len(vision)
        recent = range(max(1, now - SHOWN), now)
        times = [SHOWN, *(now - frame - 1 for frame in recent)]
        ages = [(now - frame) / SPAN for frame in range(now)]
        embedding: Tensor = network.recall(
            vision,
            torch.stack([self.maps[frame] for frame in (0, *recent)], dim=1),
            torch.tensor(times).expand(count, -1),
            torch.stack(self.pointers, dim=1),
            torch.tensor(ages).expand(count, -1),
        )
        return embedding


def clip_loss(sight: Sight, followed: Followed, young: bool = False) -> Tensor:
    """Follow the objects through their clips and add up what is wrong in each frame."""
    network = sight.network
    assert isinstance(network, TinySam2)
    length, count = followed.masks.shape[:2]
    memory, losses = Memory(), []
    for frame in range(length):
        seen = sight.features[followed.clips * length + frame]
        truth, visible = followed.masks[frame], followed.visible[frame]
        if frame == 0:
            found, given = show(network, seen, followed)
        else:
            embedding = memory.recalled(network, seen.deep)
            silent = torch.zeros(count, _SILENT, 2), torch.full((count, _SILENT), float(NOTHING))
            found, given = network.find(embedding, seen, *silent, *no_mask(seen)), None
        losses.append(frame_loss(found, truth, visible))
        best = 1 + found.said.scores[:, 1:].argmax(dim=1)
        every = torch.arange(count)
        logits, presence = found.masks[every, best], found.said.presence
        if given is not None:
            shown = followed.shown[:, None, None] > 0
            logits = torch.where(shown, given, logits)
            presence = torch.where(shown[:, 0], torch.ones_like(presence), presence)
        sure = torch.full((count,), float(frame == 0))
        memory.maps.append(network.remember(seen.deep, logits[:, None], presence, sure))
        memory.pointers.append(found.pointers[every, best])
    return torch.stack(losses).mean()


def frame_loss(found: Found, truth: Tensor, visible: Tensor) -> Tensor:
    """Add up what is wrong in one frame: masks where something is visible, and the presence."""
    presence = functional.binary_cross_entropy_with_logits(
        found.said.presence[:, 0], visible.float()
    )
    parts = answer_losses(found.said, truth) * visible
    return parts.sum() / len(visible) + _PRESENCE_WEIGHT * presence


def show(network: TinySam2, seen: Features, followed: Followed) -> tuple[Found, Tensor]:
    """Answer the prompts of the first frame; give the true masks as logits, too."""
    embedding = network.bare(seen.deep)
    coarse = functional.avg_pool2d(followed.masks[0][:, None], 2)
    given = coarse * _GIVEN[0] + _GIVEN[1]
    shown = followed.shown
    # A mask that shows an object is asked for its pointer only, on the bare features.
    embedding = torch.where(shown[:, None, None, None] > 0, seen.deep, embedding)
    # The number of tokens is exact: a box has one more than a point.
    parts: list[tuple[Tensor, Found]] = []
    boxes = followed.labels[:, 0] == TOP_LEFT
    for rows, tokens in ((boxes.nonzero()[:, 0], 3), ((~boxes).nonzero()[:, 0], 2)):
        if len(rows):
            answer = network.find(
                embedding[rows],
                seen[rows],
                followed.points[rows, :tokens],
                followed.labels[rows, :tokens],
                given[rows] * shown[rows, None, None, None],
                shown[rows],
            )
            parts.append((rows, answer))
    return Found.together(parts), given[:, 0]


def no_mask(seen: Features) -> tuple[Tensor, Tensor]:
    """Give a mask prompt that says nothing."""
    count, _, rows, columns = seen.fine.shape
    return torch.zeros(count, 1, rows, columns), torch.zeros(count)
