"""
Networks of convolutions in the sizes that others publish figures of, with random weights.

FCN-ResNet18 is as jetson-inference has it: scores at a 32nd of the size. The U-Net has the sizes
of NVIDIA's PeopleSemSegNet ShuffleSeg: 0.9 million weights, scores of two classes at full size.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from isaac_seg_py.export import export_recipe, Graph, Recipe, Wishes
from isaac_seg_py.export.nanosam_encoder import Backbone, ResNetEncoder, WIDTHS
from isaac_seg_py.export.sam import sam_graphs, sam_manifest
from isaac_seg_py.export.tiny_vit import TinyViT
import torch
from torch import nn, Tensor
from torch.nn import functional

RESNET18: Final = (2, 2, 2, 2)
SHUFFLED: Final = (4, 8, 4)
SIDE: Final = 1024
_INPUT: Final = {'layout': 'NCHW', 'dtype': 'float32', 'color': 'rgb', 'mean': [0.5] * 3,
                 'std': [0.5] * 3}  # fmt: skip


class Fcn(nn.Module):
    """A ResNet-18 and a head of two convolutions."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.backbone = Backbone(RESNET18, WIDTHS)
        self.head = nn.Sequential(
            nn.Conv2d(512, 128, 3, padding=1, bias=False),
            nn.BatchNorm2d(128),
            nn.ReLU(),
            nn.Conv2d(128, classes, 1),
        )
        self.eval()

    def forward(self, image: Tensor) -> tuple[Tensor]:
        return (self.head(self.backbone(image)),)


class Shuffle(nn.Module):
    """A block of ShuffleNet: half of the channels go by, and all are mixed."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.halves = inputs == outputs
        half = outputs // 2
        stride = 1 if self.halves else 2
        own = half if self.halves else inputs
        self.through = nn.Sequential(*_pointwise(own, half), *_depthwise(half, stride),
                                     *_pointwise(half, half))  # fmt: skip
        self.beside = (
            nn.Identity()
            if self.halves
            else nn.Sequential(*_depthwise(inputs, 2), *_pointwise(inputs, half))
        )

    def forward(self, grid: Tensor) -> Tensor:
        left, right = grid.chunk(2, 1) if self.halves else (grid, grid)
        both = torch.stack((self.beside(left), self.through(right)), 2)
        return both.flatten(1, 2)


class ShuffleUnet(nn.Module):
    """A ShuffleNet with scores of each scale, added on the way up."""

    def __init__(self, classes: int, widths: Sequence[int] = (128, 256, 512)) -> None:
        super().__init__()
        self.stem = nn.Sequential(*_dense(3, 24), nn.MaxPool2d(3, 2, 1))
        stages, scores, before = [], [nn.Conv2d(24, classes, 1)], 24
        for depth, width in zip(SHUFFLED, widths, strict=True):
            more = [Shuffle(width, width) for _ in range(depth - 1)]
            stages.append(nn.Sequential(Shuffle(before, width), *more))
            scores.append(nn.Conv2d(width, classes, 1))
            before = width
        self.stages, self.scores = nn.ModuleList(stages), nn.ModuleList(scores)
        self.eval()

    def forward(self, image: Tensor) -> tuple[Tensor]:
        grids = [self.stem(image)]
        for stage in self.stages:
            grids.append(stage(grids[-1]))
        found = self.scores[-1](grids[-1])
        for grid, score in zip(grids[-2::-1], list(self.scores)[-2::-1], strict=True):
            found = score(grid) + _enlarged(found, grid)
        return (_enlarged(found, image),)


def export_classes(file: Path, family: str, network: nn.Module, size: tuple[int, int]) -> None:
    """Write a network that gives scores of classes."""
    given = {'name': 'image', 'size': list(size), **_INPUT}
    manifest = {'family': family, 'source': 'bench', 'input': given,
                'output': {'name': 'scores', 'kind': 'logits', 'layout': 'NCHW'}}  # fmt: skip
    graph = Graph(network, {'image': torch.zeros(1, 3, *size)}, ('scores',), {'scores': 1})
    export_recipe(Recipe({'': graph}, manifest), file, name=file.stem, more={})


def export_prompted(file: Path, name: str, decoder: nn.Module) -> None:
    """Write MobileSAM or NanoSAM with a decoder of Segment Anything."""
    encoder = TinyViT(SIDE) if name == 'mobile_sam' else ResNetEncoder(RESNET18, SIDE // 16)
    given = {'size': [SIDE, SIDE], **_INPUT}
    recipe = Recipe(
        sam_graphs(encoder.eval(), decoder, SIDE, Wishes()), sam_manifest('bench', given)
    )
    export_recipe(recipe, file, name=file.stem, more={})


def _enlarged(grid: Tensor, like: Tensor) -> Tensor:
    return functional.interpolate(grid, like.shape[2:], mode='bilinear', align_corners=False)


def _dense(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


def _depthwise(width: int, stride: int) -> list[nn.Module]:
    conv = nn.Conv2d(width, width, 3, stride, 1, groups=width, bias=False)
    return [conv, nn.BatchNorm2d(width)]


def _pointwise(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
