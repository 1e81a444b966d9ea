"""The tiny instance network: RGB in; boxes, class scores, mask coefficients and prototypes out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn, Tensor
from torch.nn import functional

from .unet_model import conv, TinyUNet

STRIDES = (8, 16)
PROTOTYPES = 16
# Distances to a box's edges begin at about this many cells, scores at this chance.
_FIRST_DISTANCE = 2.0
_FIRST_SCORE = -4.6


@dataclass(frozen=True)
class Found:
    """What the network says of each of A cells of N pictures."""

    boxes: Tensor
    """(N, A, 4) x1, y1, x2, y2 in pixels."""
    classes: Tensor
    """(N, A, C) logits."""
    coefficients: Tensor
    """(N, A, P) how much of each prototype makes the object's mask."""
    prototypes: Tensor
    """(N, P, H / 4, W / 4)."""


class TinyInstances(nn.Module):
    """
    The tiny U-Net down to 1/16 and up again to 1/4, with a head at 1/8 and one at 1/16.

    Each cell of a head says: the distances from its centre to the four edges of a box, a score per
    class, and coefficients; the weighted sum of the prototypes is the mask's logits.
    """

    def __init__(self, classes: int, start: TinyUNet | None = None, width: int = 64) -> None:
        super().__init__()
        unet = start or TinyUNet(classes + 1)
        self.at_quarter = nn.Sequential(unet.at_half, unet.at_quarter)
        self.at_eighth = unet.at_eighth
        self.at_sixteenth = unet.at_sixteenth
        self.to_eighth, self.to_quarter = unet.to_eighth, unet.to_quarter
        inner = self.to_quarter.narrow.out_channels
        self.prototypes = nn.Sequential(conv(inner, inner), nn.Conv2d(inner, PROTOTYPES, 1))
        inputs = (self.to_eighth.narrow.out_channels, self.to_eighth.narrow.in_channels)
        self.heads = nn.ModuleList(
            nn.Sequential(
                conv(channels, width),
                conv(width, width),
                nn.Conv2d(width, 4 + classes + PROTOTYPES, 1),
            )
            for channels in inputs
        )
        for head in self.heads:
            nn.init.constant_(head[2].bias[:4], _FIRST_DISTANCE)
            nn.init.constant_(head[2].bias[4 : 4 + classes], _FIRST_SCORE)

    def forward(self, image: Tensor) -> Found:
        """Look at images (N, 3, H, W) of -1 to 1; sides are multiples of 16."""
        quarter = self.at_quarter(image)
        eighth = self.at_eighth(quarter)
        sixteenth = self.at_sixteenth(eighth)
        deep = self.to_eighth(sixteenth, eighth)
        prototypes = self.prototypes(self.to_quarter(deep, quarter))
        boxes, others = [], []
        for head, features, stride in zip(self.heads, (deep, sixteenth), STRIDES, strict=True):
            said = head(features)
            near, far = (functional.softplus(said[:, :4]) * stride).chunk(2, dim=1)
            middle = cell_centres(said.shape[2], said.shape[3], stride)[None]
            boxes.append(torch.cat([middle - near, middle + far], dim=1).flatten(2))
            others.append(said[:, 4:].flatten(2))
        rest = torch.cat(others, dim=2).transpose(1, 2)
        classes, coefficients = rest.split([rest.shape[2] - PROTOTYPES, PROTOTYPES], dim=2)
        return Found(torch.cat(boxes, dim=2).transpose(1, 2), classes, coefficients, prototypes)


def cell_centres(rows: int, columns: int, stride: int) -> Tensor:
    """Give (2, rows, columns) x and y of the middle of each cell, in pixels."""
    y = (torch.arange(rows) + 0.5) * stride
    x = (torch.arange(columns) + 0.5) * stride
    return torch.stack([x[None, :].expand(rows, columns), y[:, None].expand(rows, columns)])


class AsExported(nn.Module):
    """
    The network as it is exported, with the tensors that YOLO's segmentation networks have.

    `output0` (N, 4 + C + P, A): centre x and y, width and height in pixels, chances of the
    classes, coefficients. `output1` (N, P, H / 4, W / 4): prototypes.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Give `output0` and `output1`."""
        found = self.network(image)
        first, last = found.boxes.chunk(2, dim=2)
        cells = [(first + last) / 2, last - first, found.classes.sigmoid(), found.coefficients]
        return torch.cat(cells, dim=2).transpose(1, 2), found.prototypes
