"""
Train the tiny U-Net on scenes, write it as ONNX and measure it.

    python -m training.unet --minutes 20 --out models/tiny_unet.onnx
"""

from __future__ import annotations

import argparse
from pathlib import Path
import tempfile

from isaac_seg_py.scenes import CLASS_NAMES
import numpy as np
import torch

from .evaluate import confusion_matrix, predict_with, report
from .onnx_export import export
from .resume import load_exported
from .scene_batches import FIRST_TUNING_SEED, SceneBatches
from .semantic_training import Schedule, train
from .unet_model import TinyUNet, WithSoftmax

SIZE = (240, 320)
TUNING_SEEDS = range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + 100)


def main() -> None:
    """Run from the command line."""
    options = _options()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    random = np.random.default_rng(options.seed)
    scenes = SceneBatches(options.cache, options.scenes, SIZE, options.threads)
    network = TinyUNet(len(CLASS_NAMES))
    weights = sum(parameter.numel() for parameter in network.parameters())
    print(f'{len(scenes)} pictures, {weights} weights')
    if options.resume:
        load_exported(network, options.resume, next(scenes.batches(64, random))[0])
    schedule = Schedule(options.minutes, options.steps, options.rate, crops=options.crops)
    crops = scenes.batches(2 * options.batch, random, crop=128)
    trained = train(network, crops, scenes.batches(options.batch, random), schedule)
    export(WithSoftmax(trained), SIZE, options.out)
    counts = confusion_matrix(predict_with(options.out), TUNING_SEEDS, (480, 640))
    print(
        f'{options.out} ({options.out.stat().st_size} bytes), '
        f'seeds {TUNING_SEEDS.start} to {TUNING_SEEDS.stop - 1}: {report(counts)}'
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='Train the tiny U-Net.')
    parser.add_argument('--out', type=Path, required=True, help='ONNX file to write')
    parser.add_argument('--resume', type=Path, help='ONNX file of this network to go on from')
    parser.add_argument('--crops', type=float, default=0.72, help='part of the time on crops')
    parser.add_argument('--minutes', type=float, default=20, help='time to train')
    parser.add_argument('--steps', type=int, default=0, help='train so many steps instead')
    parser.add_argument('--scenes', type=int, default=8192, help='number of training seeds')
    parser.add_argument('--batch', type=int, default=16)
    parser.add_argument('--rate', type=float, default=3e-3, help='highest learning rate')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--threads', type=int, default=2)
    cache = Path(tempfile.gettempdir()) / 'isaac_seg_scenes'
    parser.add_argument('--cache', type=Path, default=cache, help='folder for made scenes')
    return parser.parse_args()


if __name__ == '__main__':
    main()
