"""
Train the tiny Segment Anything on scenes, write both networks as ONNX and measure them.

    python -m training.sam --minutes 30 --start models/tiny_unet.onnx --out models/tiny_sam.onnx

writes models/tiny_sam_encoder.onnx and models/tiny_sam_decoder.onnx.
"""

from __future__ import annotations

import torch

from .command import options, train_as_asked, WEIGHTS
from .prompt_batches import PromptBatches, SIDE
from .sam_export import export_sam
from .sam_loss import prompted_loss
from .sam_model import TinySam
from .unet_model import TinyUNet

_CROP = 160


def main() -> None:
    """Run from the command line."""
    asked = options('tiny Segment Anything', crops=0.55, rate=2e-3, resume='weights (.pt)')
    scenes = PromptBatches(asked.cache, asked.scenes, SIDE, asked.threads)

    def build(classes: int, unet: TinyUNet | None) -> TinySam:
        return TinySam(SIDE, unet)

    trained = train_as_asked(asked, scenes, 0, build, prompted_loss, crop=_CROP)
    weights = asked.out.with_suffix(WEIGHTS)
    torch.save(trained.state_dict(), weights)
    print(f'{weights}: to go on from, and to begin the tiny Segment Anything 2 with')
    for path in export_sam(trained, SIDE, asked.out):
        print(f'{path} ({path.stat().st_size} bytes)')


if __name__ == '__main__':
    main()
