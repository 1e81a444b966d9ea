"""
The tiny SegFormer: RGB in, one logit per class at each cell of a grid of 1/4 size out.

A SegFormer as published: an encoder of stages, each an overlapping patch embedding and transformer
blocks (attention on reduced keys, then a mixing feed-forward with a depth-wise convolution), and a
head of linear layers over all stages. What differs: patch embeddings are strided convolutions
followed by residual ones, the first begins with two convolutions at 1/2 size, one 3x3 convolution
refines the head's map, and only what goes into the head is normalised. The convolutions are those
of the tiny U-Net's encoder, so that a trained one gives a start. Linear layers are written as 1x1
convolutions, which keep the maps' layout.
"""

from __future__ import annotations

from torch import nn, Tensor
from torch.nn import functional

from .unet_model import conv, TinyUNet

# Of the stages at 1/4, 1/8, 1/16 and 1/32.
WIDTHS = (32, 64, 80, 80)
DEPTHS = (1, 2, 2, 1)
HEADS = (1, 2, 5, 5)
REDUCTIONS = (4, 2, 1, 1)
EXPANSION = 4
HEAD_WIDTH = 64


class LayerNorm(nn.LayerNorm):
    """Normalise the channels of each cell of (N, C, H, W)."""

    def forward(self, features: Tensor) -> Tensor:
        """Keep the shape."""
        return super().forward(features.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Attention(nn.Module):
    """Let each cell look at all cells of a map that was reduced, several heads at once."""

    def __init__(self, width: int, heads: int, reduction: int) -> None:
        super().__init__()
        self._heads = heads
        self.query = nn.Conv2d(width, width, 1)
        self.key_value = nn.Conv2d(width, 2 * width, 1)
        self.out = nn.Conv2d(width, width, 1)
        self.reduce = nn.Identity()
        if reduction > 1:
            self.reduce = nn.Sequential(
                nn.Conv2d(width, width, reduction, reduction), LayerNorm(width)
            )

    def forward(self, features: Tensor) -> Tensor:
        """Keep the shape."""
        query = self._split(self.query(features))
        key, value = self._split(self.key_value(self.reduce(features))).chunk(2, dim=1)
        mixed = functional.scaled_dot_product_attention(query, key, value)
        out: Tensor = self.out(mixed.transpose(2, 3).reshape(features.shape))
        return out

    def _split(self, features: Tensor) -> Tensor:
        """Turn (N, C, H, W) into (N, heads, H * W, C / heads); twice the heads for two maps."""
        width = self.query.out_channels // self._heads
        parts = features.flatten(2).unflatten(1, (-1, width))
        return parts.transpose(2, 3)


class MixFeedForward(nn.Module):
    """Two linear layers; a depth-wise convolution between them tells a cell where it is."""

    def __init__(self, width: int) -> None:
        super().__init__()
        wide = EXPANSION * width
        self.widen = nn.Conv2d(width, wide, 1)
        self.mix = nn.Conv2d(wide, wide, 3, padding=1, groups=wide)
        self.narrow = nn.Conv2d(wide, width, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Keep the shape."""
        out: Tensor = self.narrow(functional.gelu(self.mix(self.widen(features))))
        return out


class Block(nn.Module):
    """One transformer block."""

    def __init__(self, width: int, heads: int, reduction: int) -> None:
        super().__init__()
        self.before_attention, self.before_mixing = LayerNorm(width), LayerNorm(width)
        self.attention = Attention(width, heads, reduction)
        self.feed_forward = MixFeedForward(width)
        # A new block changes nothing: what the convolutions know already is kept.
        for last in (self.attention.out, self.feed_forward.narrow):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, features: Tensor) -> Tensor:
        """Keep the shape."""
        features = features + self.attention(self.before_attention(features))
        return features + self.feed_forward(self.before_mixing(features))


class TinySegFormer(nn.Module):
    """Features at 1/4 to 1/32 of the input, logits at 1/4. Input sides are multiples of 16."""

    def __init__(self, classes: int, start: TinyUNet | None = None) -> None:
        super().__init__()
        unet = start or TinyUNet(classes)
        self.embeddings = nn.ModuleList(
            [
                nn.Sequential(unet.at_half, unet.at_quarter),
                unet.at_eighth,
                unet.at_sixteenth,
                conv(WIDTHS[2], WIDTHS[3], stride=2),
            ]
        )
        sizes = zip(WIDTHS, DEPTHS, HEADS, REDUCTIONS, strict=True)
        self.blocks = nn.ModuleList(
            nn.Sequential(*(Block(width, heads, reduction) for _ in range(depth)))
            for width, depth, heads, reduction in sizes
        )
        self.linear = nn.ModuleList(
            nn.Sequential(LayerNorm(width), nn.Conv2d(width, HEAD_WIDTH, 1)) for width in WIDTHS
        )
        self.fuse = nn.Sequential(
            nn.Conv2d(HEAD_WIDTH, HEAD_WIDTH, 1, bias=False),
            nn.BatchNorm2d(HEAD_WIDTH),
            nn.ReLU(inplace=True),
        )
        self.refine = conv(HEAD_WIDTH, HEAD_WIDTH)
        self.logits = nn.Conv2d(HEAD_WIDTH, classes, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Give logits (N, classes, H / 4, W / 4) for images (N, 3, H, W) of -1 to 1."""
        features, parts = image, []
        for embed, blocks, linear in zip(self.embeddings, self.blocks, self.linear, strict=True):
            features = blocks(embed(features))
            parts.append(linear(features))
        # A linear layer over maps laid side by side is a sum of one per map, and it may change
        # places with enlarging: so each map is narrowed first.
        total, *others = parts
        for part in others:
            total = total + functional.interpolate(
                part, size=total.shape[2:], mode='bilinear', align_corners=False
            )
        logits: Tensor = self.logits(self.refine(self.fuse(total)))
        return logits
