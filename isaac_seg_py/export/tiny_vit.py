"""
The image encoder of MobileSAM, a TinyViT.

Parameters have the names that `mobile_sam.pt` has for them. Four stages: one of convolutions, and
three that look around in windows; the last keeps the grid of the third, so that features have 1/16
of the image's side.
"""

from __future__ import annotations

from typing import Final

from torch import nn, Tensor

from .tiny_vit_blocks import (
    AttentionBlock,
    ChannelNorm,
    ConvBlock,
    Merge,
    NormalizedConv,
    Stage,
)  # fmt: skip

SIDE: Final = 1024
WIDTHS: Final = (64, 128, 160, 320)
DEPTHS: Final = (2, 2, 6, 2)
HEADS: Final = (2, 4, 5, 10)
WINDOWS: Final = (7, 7, 14, 7)
CHANNELS: Final = 256


class TinyViT(nn.Module):
    """From the image, normalised on its canvas, to its features."""

    def __init__(self, side: int = SIDE) -> None:
        """Take the side of the canvas."""
        super().__init__()
        self.patch_embed = nn.Module()
        self.patch_embed.seq = nn.Sequential(
            NormalizedConv(3, WIDTHS[0] // 2, 3, 2),
            nn.GELU(),
            NormalizedConv(WIDTHS[0] // 2, WIDTHS[0], 3, 2),
        )
        self.layers = nn.ModuleList(self._stages(side // 4))
        self.neck = nn.Sequential(
            nn.Conv2d(WIDTHS[-1], CHANNELS, 1, bias=False),
            ChannelNorm(CHANNELS, eps=1e-6),
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False),
            ChannelNorm(CHANNELS, eps=1e-6),
        )

    def forward(self, image: Tensor) -> tuple[Tensor]:
        """Encode (N, 3, H, W) as (N, 256, H/16, W/16)."""
        grid = self.patch_embed.seq(image)
        for stage in self.layers:
            grid = stage(grid)
        return (self.neck(grid),)

    @staticmethod
    def _stages(side: int) -> list[Stage]:
        stages = []
        for index, (width, depth) in enumerate(zip(WIDTHS, DEPTHS, strict=True)):
            blocks: list[nn.Module] = [
                AttentionBlock(width, HEADS[index], WINDOWS[index], side)
                if index
                else ConvBlock(width)
                for _ in range(depth)
            ]
            # The last merging keeps the size.
            stride = 2 if index < len(WIDTHS) - 2 else 1
            following = WIDTHS[index + 1 : index + 2]
            merge = Merge(width, following[0], stride) if following else None
            stages.append(Stage(blocks, merge))
            side //= stride
        return stages
