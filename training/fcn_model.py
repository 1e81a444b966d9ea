"""The tiny FCN: RGB in, one logit per class at each cell of a grid of 1/4 size out."""

from __future__ import annotations

from torch import nn, Tensor

from .unet_model import conv, TinyUNet


class TinyFCN(nn.Module):
    """
    The tiny U-Net down to 1/16 and up again to 1/4, where a convolution scores the cells.

    Scores of deep and shallow layers meet by addition, as in the first fully convolutional
    networks. A grid of 1/8 is too coarse for the scenes: see the table in README.md.
    """

    def __init__(self, classes: int, start: TinyUNet | None = None, width: int = 32) -> None:
        super().__init__()
        unet = start or TinyUNet(classes)
        self.at_quarter = nn.Sequential(unet.at_half, unet.at_quarter)
        self.at_eighth = unet.at_eighth
        self.at_sixteenth = unet.at_sixteenth
        self.to_eighth, self.to_quarter = unet.to_eighth, unet.to_quarter
        self.score = nn.Sequential(conv(width, 2 * width), nn.Conv2d(2 * width, classes, 1))

    def forward(self, image: Tensor) -> Tensor:
        """Give logits (N, classes, H / 4, W / 4) for images (N, 3, H, W) of -1 to 1."""
        quarter = self.at_quarter(image)
        eighth = self.at_eighth(quarter)
        deep = self.to_eighth(self.at_sixteenth(eighth), eighth)
        logits: Tensor = self.score(self.to_quarter(deep, quarter))
        return logits
