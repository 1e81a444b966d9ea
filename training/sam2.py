"""
Train the tiny Segment Anything 2 on scene videos, and write its four networks as ONNX.

    python -m training.sam2 --minutes 50 --start models/tiny_sam.pt --out models/tiny_sam2.onnx

`--start` are the weights that training.sam wrote: what the tiny Segment Anything learned of single
pictures is where this one begins.
"""

from __future__ import annotations

from pathlib import Path

import torch

from .clip_batches import ClipBatches, SIZE
from .command import options, train_as_asked, WEIGHTS
from .prompt_batches import SIDE
from .sam2_export import export_sam2
from .sam2_loss import clip_loss
from .sam2_model import TinySam2
from .unet_model import TinyUNet

# Frames of the short clips that come first.
_SHORT = 4


def begin(sam: Path | None) -> TinySam2:
    """Make a network on the weights of a tiny Segment Anything, if there are any."""
    network = TinySam2(SIDE)
    if sam is not None:
        known = torch.load(sam, weights_only=True)
        # Whether an object is in sight was not asked there.
        known = {name: value for name, value in known.items() if '.presence.' not in name}
        missing = network.load_state_dict(known, strict=False)
        if missing.unexpected_keys:
            raise ValueError(f'{sam} has {missing.unexpected_keys}: these are no weights of it')
    return network


def main() -> None:
    """Run from the command line."""
    asked = options(
        'tiny Segment Anything 2',
        crops=0.5,
        rate=1e-3,
        start='weights (.pt) of the tiny Segment Anything',
        resume='weights (.pt)',
    )
    clips = ClipBatches(asked.cache, asked.scenes, SIZE, asked.threads)

    def build(classes: int, unet: TinyUNet | None) -> TinySam2:
        return begin(asked.start)

    trained = train_as_asked(asked, clips, 0, build, clip_loss, crop=_SHORT)
    assert isinstance(trained, TinySam2)
    torch.save(trained.state_dict(), asked.out.with_suffix(WEIGHTS))
    for path in export_sam2(trained, SIZE, asked.out):
        print(f'{path} ({path.stat().st_size} bytes)')


if __name__ == '__main__':
    main()
