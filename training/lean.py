"""
Train a lean decoder for a tiny Segment Anything, whose encoder stays as it is.

    python -m training.lean --start models/tiny_sam.pt --out models/tiny_sam_decoder.onnx

writes the decoder in place of the one with maps of its own, from which it takes what fits.
"""

from __future__ import annotations

import numpy as np
import torch

from .command import options, WEIGHTS
from .encoded_batches import EncodedBatches
from .lean_decoder import LeanDecoder
from .lean_loss import Answering, shown_loss
from .prompt_batches import SIDE
from .sam_export import export_decoder
from .sam_model import EncoderAsExported, TinySam
from .training_loop import Schedule, train

_AVERAGING = 0.99


def main() -> None:
    """Run from the command line."""
    asked = options(
        'lean decoder of a tiny Segment Anything',
        crops=0.85,
        rate=2e-3,
        start='weights (.pt) of the tiny Segment Anything',
        resume='weights (.pt)',
    )
    if asked.start is None:
        raise SystemExit('--start is missing: a decoder is trained for an encoder')
    torch.manual_seed(asked.seed)
    torch.set_num_threads(asked.threads)
    sam = TinySam(SIDE)
    sam.load_state_dict(torch.load(asked.start, weights_only=True))
    encoder = EncoderAsExported(sam).eval()
    scenes = EncodedBatches(asked.cache, asked.scenes, encoder)
    decoder = LeanDecoder(SIDE)
    decoder.begin_with(sam)
    if asked.resume:
        decoder.load_state_dict(torch.load(asked.resume, weights_only=True))
    weights = sum(parameter.numel() for parameter in decoder.parameters())
    print(f'{len(scenes)} pictures, {weights} weights')
    random = np.random.default_rng(asked.seed)
    batches = scenes.encoded(asked.batch, random)
    schedule = Schedule(
        asked.minutes, asked.steps, asked.rate, averaging=_AVERAGING, crops=asked.crops
    )
    trained = train(Answering(decoder), batches, batches, shown_loss, schedule)
    torch.save(trained.decoder.state_dict(), asked.out.with_suffix(WEIGHTS))
    embeddings, _ = next(scenes.encoded(1, random))
    export_decoder(trained.decoder, embeddings, SIDE, asked.out)
    print(f'{asked.out} ({asked.out.stat().st_size} bytes)')


if __name__ == '__main__':
    main()
