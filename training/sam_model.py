"""The tiny Segment Anything: an image encoder, and a decoder of prompts with four masks."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn, Tensor
from torch.nn import functional

from .prompt_encoder import PromptEncoder
from .sam_parts import Positions, twice, TwoWayTransformer
from .unet_model import TinyUNet

WIDTH = 64
MASKS = 4
_INNER, _HEADS = 32, 4
_MIDDLE, _FINE = 32, 24
_STRIDE = 16


@dataclass(frozen=True)
class Features:
    """What the encoder sees in N pictures."""

    deep: Tensor
    """(N, 64, H / 16, W / 16)."""
    middle: Tensor
    """(N, 32, H / 8, W / 8)."""
    fine: Tensor
    """(N, 24, H / 4, W / 4)."""

    def __getitem__(self, pictures: Tensor) -> Features:
        return Features(self.deep[pictures], self.middle[pictures], self.fine[pictures])


@dataclass(frozen=True)
class Said:
    """What the decoder says of B prompts."""

    masks: Tensor
    """(B, 4, H / 4, W / 4) logits: the answer to a clear prompt, and three others."""
    scores: Tensor
    """(B, 4) the IoU that it expects each to have."""
    tokens: Tensor
    """(B, 4, 64) those that made the masks."""
    presence: Tensor
    """(B, 1) logit of the object being in sight."""


class SamEncoder(nn.Module):
    """The tiny U-Net down to 1/16 and up again to 1/4, seen at three sizes."""

    def __init__(self, start: TinyUNet | None = None) -> None:
        super().__init__()
        unet = start or TinyUNet(1)
        self.at_quarter = nn.Sequential(unet.at_half, unet.at_quarter)
        self.at_eighth, self.at_sixteenth = unet.at_eighth, unet.at_sixteenth
        self.to_eighth, self.to_quarter = unet.to_eighth, unet.to_quarter
        self.deep = nn.Conv2d(self.to_eighth.narrow.in_channels, WIDTH, 1)
        self.middle = nn.Conv2d(self.to_eighth.narrow.out_channels, _MIDDLE, 1)
        self.fine = nn.Conv2d(self.to_quarter.narrow.out_channels, _FINE, 1)

    def forward(self, image: Tensor) -> Features:
        """Look at (N, 3, H, W) images of -1 to 1; sides are multiples of 16."""
        return self.narrow(*self.trunk(image))

    def trunk(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Give what the U-Net sees at 1/16, 1/8 and 1/4."""
        quarter = self.at_quarter(image)
        eighth = self.at_eighth(quarter)
        sixteenth = self.at_sixteenth(eighth)
        middle = self.to_eighth(sixteenth, eighth)
        return sixteenth, middle, self.to_quarter(middle, quarter)

    def narrow(self, deep: Tensor, middle: Tensor, fine: Tensor) -> Features:
        """Bring it to the widths that the decoder reads."""
        return Features(self.deep(deep), self.middle(middle), self.fine(fine))


class MaskDecoder(nn.Module):
    """
    Tokens and the picture look at each other; then each mask token says how to read the picture.

    What a prompt changes is computed at 1/16 and only carried upwards, where it meets the features
    that all prompts share: that is most of why many prompts cost little.
    """

    def __init__(self, positions: Positions) -> None:
        super().__init__()
        self.positions = positions
        # For the presence of the object, the scores, and the masks.
        self.own_tokens = nn.Parameter(torch.randn(2 + MASKS, WIDTH) * 0.5)
        self.transformer = TwoWayTransformer(WIDTH, _INNER, _HEADS)
        self.close = nn.Linear(_MIDDLE, WIDTH)
        self.to_middle = nn.Conv2d(WIDTH, _MIDDLE, 1)
        self.to_fine = nn.Conv2d(_MIDDLE, _FINE, 1)
        self.place = nn.Linear(WIDTH, _FINE, bias=False)
        self.readers = nn.ModuleList(
            nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, _FINE + 1))
            for _ in range(MASKS)
        )
        self.score = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, MASKS))
        self.presence = nn.Linear(WIDTH, 1)

    def forward(
        self, seen: Features, tokens: Tensor, added: Tensor, origin: tuple[int, int] = (0, 0)
    ) -> Said:
        """
        Answer prompts: (B, N, C) tokens, (B, C, h, w) what is added to the deep features.

        `seen` has a row for each prompt, or one for all.
        """
        rows, columns = seen.deep.shape[2:]
        own = self.own_tokens.expand(tokens.shape[0], -1, -1)
        cells = (seen.deep + added).flatten(2).transpose(1, 2)
        places = self.positions.of_cells(rows, columns, _STRIDE, origin)
        tokens, cells = self.transformer(
            torch.cat([own, tokens], dim=1),
            cells,
            places,
            self.close(seen.middle.flatten(2).transpose(1, 2)),
            self.positions.of_cells(2 * rows, 2 * columns, _STRIDE // 2, origin),
        )
        deep = cells.transpose(1, 2).reshape(-1, WIDTH, rows, columns)
        middle = functional.relu(twice(self.to_middle(deep)) + seen.middle)
        fine_places = self.positions.of_cells(4 * rows, 4 * columns, _STRIDE // 4, origin)
        here = self.place(fine_places).transpose(0, 1).reshape(_FINE, 4 * rows, 4 * columns)
        fine = functional.relu(twice(self.to_fine(middle)) + (seen.fine + here))
        masks = tokens[:, 2 : 2 + MASKS]
        how = torch.stack([reader(masks[:, i]) for i, reader in enumerate(self.readers)], dim=1)
        logits = how[:, :, :_FINE] @ fine.flatten(2) + how[:, :, _FINE:]
        return Said(
            logits.reshape(-1, MASKS, 4 * rows, 4 * columns),
            self.score(tokens[:, 1]).sigmoid(),
            masks,
            self.presence(tokens[:, 0]),
        )


@dataclass(frozen=True)
class Sight:
    """Pictures that were encoded, and the network that answers prompts about them."""

    network: TinySam
    features: Features


class TinySam(nn.Module):
    """Both parts."""

    def __init__(self, side: int, start: TinyUNet | None = None) -> None:
        super().__init__()
        positions = Positions(WIDTH, side)
        self.encoder = SamEncoder(start)
        self.prompts = PromptEncoder(WIDTH, positions, _FINE)
        self.decoder = MaskDecoder(positions)

    def forward(self, image: Tensor) -> Sight:
        """Look at pictures, to be asked about them later."""
        return Sight(self, self.encoder(image))

    def answer(
        self,
        seen: Features,
        points: Tensor,
        labels: Tensor,
        mask: Tensor,
        has_mask: Tensor,
        origin: tuple[int, int] = (0, 0),
    ) -> Said:
        """Answer prompts about pictures: a row for each prompt, or one picture for all."""
        here = points - points.new_tensor(origin[::-1])
        tokens = self.prompts.tokens(points, labels)
        tokens = tokens + self.prompts.spots(here, labels, seen.fine, _STRIDE // 4)
        said: Said = self.decoder(seen, tokens, self.prompts.cells(mask, has_mask), origin)
        return said


class EncoderAsExported(nn.Module):
    """The encoder as it is exported: one tensor, the finer features put side by side in a cell."""

    def __init__(self, network: TinySam) -> None:
        super().__init__()
        self.encoder = network.encoder

    def forward(self, image: Tensor) -> Tensor:
        """Give (1, 576, H / 16, W / 16)."""
        seen = self.encoder(image)
        parts = [
            seen.deep,
            functional.pixel_unshuffle(seen.middle, 2),
            functional.pixel_unshuffle(seen.fine, 4),
        ]
        return torch.cat(parts, dim=1)


class DecoderAsExported(nn.Module):
    """The decoder as it is exported, with the tensors that Segment Anything's decoders have."""

    def __init__(self, network: TinySam) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, embeddings: Tensor, points: Tensor, labels: Tensor, mask: Tensor, has_mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Give the expected IoU (B, 4) and the masks (B, 4, H / 4, W / 4)."""
        deep, middle, fine = embeddings.split([WIDTH, 4 * _MIDDLE, 16 * _FINE], dim=1)
        seen = Features(
            deep, functional.pixel_shuffle(middle, 2), functional.pixel_shuffle(fine, 4)
        )
        said = self.network.answer(seen, points, labels, mask, has_mask)
        return said.scores, said.masks
