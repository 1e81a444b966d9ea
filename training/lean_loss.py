"""What a lean decoder is trained for: the same as one with maps of its own, for less at first."""

from __future__ import annotations

from typing import Final

import torch
from torch import nn, Tensor

from .encoded_batches import Shown
from .lean_decoder import LeanDecoder
from .sam_loss import answer_loss, best_masks, correction
from .sam_model import Said

# In this part of the batches the network is corrected once, as a person would.
_CORRECTED: Final = 0.25


class Answering(nn.Module):
    """A decoder and what it is asked about, as the training loop takes them."""

    def __init__(self, decoder: LeanDecoder) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, embeddings: Tensor) -> tuple[LeanDecoder, Tensor]:
        """Look at embeddings, to be asked about them later."""
        return self.decoder, embeddings.contiguous()


def shown_loss(given: tuple[LeanDecoder, Tensor], shown: Shown, young: bool) -> Tensor:
    """Add up what is wrong with the first answer and, sometimes, with a corrected one."""
    decoder, embeddings = given
    count, rows, columns = shown.masks.shape
    nothing = torch.zeros(count, 1, rows // 2, columns // 2), torch.zeros(count)
    said = _said(decoder(embeddings, shown.points, shown.labels, *nothing))
    loss = answer_loss(said, shown.masks, young)
    if torch.rand(()) < _CORRECTED:
        earlier = best_masks(said).detach()
        spot, sign = correction(earlier, shown.masks, (0, 0))
        points = torch.cat([spot[:, None], shown.points], dim=1)
        labels = torch.cat([sign[:, None], shown.labels], dim=1)
        given = earlier[:, None], torch.ones(count)
        again = _said(decoder(embeddings, points, labels, *given))
        loss = (loss + answer_loss(again, shown.masks, young)) / 2
    return loss


def _said(answer: tuple[Tensor, Tensor]) -> Said:
    """Name the answer's parts; this decoder gives neither tokens nor presence."""
    scores, masks = answer
    nothing = scores.new_zeros(len(scores), 1)
    return Said(masks, scores, nothing, nothing)
