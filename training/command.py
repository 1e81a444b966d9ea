"""What every training command does: read its options, begin with what was learned, train."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
import tempfile
from typing import Any, Protocol

from isaac_seg_py.scenes import CLASS_NAMES
import numpy as np
import torch
from torch import nn, Tensor

from .resume import load_exported
from .scene_cache import FIRST_TUNING_SEED
from .training_loop import Loss, Schedule, train
from .unet_model import TinyUNet

SIZE = (240, 320)
TUNING_SEEDS = range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + 100)
CROP = 128
# Files of torch: what several ONNX files are made of is kept in one of these.
WEIGHTS = '.pt'

# Makes a network for a number of classes, on the layers of a tiny U-Net if one is given.
Build = Callable[[int, TinyUNet | None], nn.Module]


class Batches(Protocol):
    """Pictures and their truth."""

    def __len__(self) -> int:
        """Count the pictures."""

    def batches(
        self, count: int, random: np.random.Generator, crop: int | None = None
    ) -> Iterator[tuple[Tensor, Any]]:
        """Give batches without end."""


def options(
    name: str,
    crops: float,
    rate: float,
    start: str = 'ONNX file of the tiny U-Net',
    resume: str = 'ONNX file',
) -> argparse.Namespace:
    """Read the command line; `crops` and `rate` are what suits this network."""
    parser = argparse.ArgumentParser(description=f'Train the {name}.')
    parser.add_argument('--out', type=Path, required=True, help='ONNX file to write')
    parser.add_argument('--start', type=Path, help=f'{start} to begin with')
    parser.add_argument('--resume', type=Path, help=f'{resume} of this network to go on from')
    parser.add_argument('--crops', type=float, default=crops, help='part of the time on crops')
    parser.add_argument('--minutes', type=float, default=20, help='time to train')
    parser.add_argument('--steps', type=int, default=0, help='train so many steps instead')
    parser.add_argument('--scenes', type=int, default=8192, help='number of training seeds')
    parser.add_argument('--batch', type=int, default=16)
    parser.add_argument('--rate', type=float, default=rate, help='highest learning rate')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--threads', type=int, default=2)
    cache = Path(tempfile.gettempdir()) / 'isaac_seg_scenes'
    parser.add_argument('--cache', type=Path, default=cache, help='folder for made scenes')
    return parser.parse_args()


def train_as_asked(
    asked: argparse.Namespace,
    scenes: Batches,
    classes: int,
    build: Build,
    loss: Loss,
    crop: int = CROP,
) -> nn.Module:
    """Build a network, load what it shall begin with, and train it."""
    torch.manual_seed(asked.seed)
    torch.set_num_threads(asked.threads)
    random = np.random.default_rng(asked.seed)
    some = next(scenes.batches(64, random))[0]
    unet = None
    if asked.start and asked.start.suffix != WEIGHTS:
        unet = TinyUNet(len(CLASS_NAMES))
        load_exported(unet, asked.start, some)
    network = build(classes, unet)
    if asked.resume and asked.resume.suffix == WEIGHTS:
        network.load_state_dict(torch.load(asked.resume, weights_only=True))
    elif asked.resume:
        load_exported(network, asked.resume, some)
    weights = sum(parameter.numel() for parameter in network.parameters())
    print(f'{len(scenes)} pictures, {weights} weights')
    schedule = Schedule(asked.minutes, asked.steps, asked.rate, crops=asked.crops)
    crops = scenes.batches(2 * asked.batch, random, crop=crop)
    return train(network, crops, scenes.batches(asked.batch, random), loss, schedule)


def say_result(path: Path, figures: str) -> None:
    """Print what a file is worth."""
    print(
        f'{path} ({path.stat().st_size} bytes), '
        f'seeds {TUNING_SEEDS.start} to {TUNING_SEEDS.stop - 1}: {figures}'
    )
