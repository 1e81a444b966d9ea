"""The tiny U-Net: RGB in, one score per class and pixel out."""

from __future__ import annotations

import torch
from torch import nn, Tensor
from torch.nn import functional


def conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Make a 3x3 convolution with normalisation, which export folds into it, and ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """Two convolutions around which the input is passed by."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(conv(channels, channels), conv(channels, channels)[:2])

    def forward(self, features: Tensor) -> Tensor:
        """Keep size and channels."""
        return functional.relu(features + self.body(features))


class Up(nn.Module):
    """Bring deep features to twice their size and add them to the shallow ones."""

    def __init__(self, deep: int, shallow: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(deep, shallow, 1)
        self.mix = conv(shallow, shallow)

    def forward(self, deep: Tensor, shallow: Tensor) -> Tensor:
        """Give features of the shallow size."""
        # Narrowing first: enlarging then moves fewer channels, with the same result.
        wide = functional.interpolate(
            self.narrow(deep), scale_factor=2.0, mode='bilinear', align_corners=False
        )
        out: Tensor = self.mix(shallow + wide)
        return out


class TinyUNet(nn.Module):
    """
    Features at 1/2, 1/4, 1/8 and 1/16 of the input; scores at full size.

    The full size is never convolved: each feature pixel at 1/2 carries the logits of its four
    pixels, which are then put side by side. That is most of why this is fast on a CPU. Input sides
    are multiples of 16.
    """

    def __init__(self, classes: int, widths: tuple[int, int, int, int] = (16, 32, 64, 80)) -> None:
        super().__init__()
        a, b, c, d = widths
        self.at_half = nn.Sequential(conv(3, a, stride=2), conv(a, a))
        self.at_quarter = nn.Sequential(conv(a, b, stride=2), Residual(b))
        self.at_eighth = nn.Sequential(conv(b, c, stride=2), Residual(c))
        self.at_sixteenth = nn.Sequential(conv(c, d, stride=2), Residual(d), Residual(d))
        self.to_eighth = Up(d, c)
        self.to_quarter = Up(c, b)
        self.to_half = Up(b, a)
        self.logits = nn.Conv2d(a, 4 * classes, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        """Give logits (N, classes, H, W) for images (N, 3, H, W) of -1 to 1."""
        half = self.at_half(image)
        quarter = self.at_quarter(half)
        eighth = self.at_eighth(quarter)
        deep = self.to_eighth(self.at_sixteenth(eighth), eighth)
        deep = self.to_quarter(deep, quarter)
        deep = self.to_half(deep, half)
        return functional.pixel_shuffle(self.logits(deep), 2)


class WithSoftmax(nn.Module):
    """
    A network as it is exported: logits become probabilities.

    Softmax is written out: ONNX Runtime's own one over channels takes 13 ms for 7x240x320 on two
    cores, these five operators take 1.2 ms. The largest logit is taken away first, so that no
    exponential overflows, in half precision neither.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        """Give probabilities (N, classes, H, W)."""
        logits = self.network(image)
        powers = torch.exp(logits - logits.amax(dim=1, keepdim=True))
        return powers / powers.sum(dim=1, keepdim=True)
