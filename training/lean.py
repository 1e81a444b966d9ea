"""
Train a lean decoder for the encoder of a tiny Segment Anything that stays as it is.

    python -m training.lean --encoder models/tiny_sam_encoder.onnx --start tiny_sam.pt \\
        --minutes 15 --out models/tiny_sam_decoder.onnx
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
import tempfile
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch
from torch import nn, Tensor
from torch.nn import functional

from .lean_decoder import LeanDecoder
from .prompt_batches import PromptBatches, prompt_for, SIDE
from .sam_loss import answer_losses, best_masks, correction, mask_iou, mask_losses
from .sam_model import Said
from .training_loop import Schedule, train

_MORE_POINTS = (0.7, 0.2, 0.1)
_EACH = 6
_LEAST_PIXELS = 20
_CORRECTED = 0.25


class Encoded(PromptBatches):
    """Scenes, and what the encoder says of them, which is kept in a file."""

    def __init__(self, folder: Path, seeds: int, encoder: Path) -> None:
        super().__init__(folder, seeds)
        self._encoded = np.load(folder / 'encoded.npy', mmap_mode='r')
        self._progress = folder / 'encoded.n'
        self._images = []
        self._count = len(self._encoded)
        self.there = []
        for ids in self._ids:
            sizes = np.bincount(ids.ravel())
            self.there.append([n for n in range(1, len(sizes)) if sizes[n] >= _LEAST_PIXELS])

    def batches(  # type: ignore[override]
        self, count: int, random: np.random.Generator
    ) -> Iterator[tuple[Tensor, Any]]:
        usable = [i for i, there in enumerate(self.there) if there]
        while True:
            ready = int(self._progress.read_text() or '0')
            order = random.permutation([i for i in usable if i < ready])
            for start in range(0, len(order) - count + 1, count):
                chosen = order[start : start + count]
                more = int(random.choice(len(_MORE_POINTS), p=_MORE_POINTS))
                points, labels, masks = [], [], []
                for i in chosen:
                    there = random.permutation(self.there[i])
                    for number in np.resize(there, _EACH):
                        mask = np.equal(self._ids[i], number).view(np.uint8)
                        spots, signs = prompt_for(mask, more, random)
                        points.append(spots)
                        labels.append(signs)
                        masks.append(mask)
                truth = torch.from_numpy(np.stack(masks))[:, None].float()
                yield (
                    torch.from_numpy(self._encoded[chosen].astype(np.float32)),
                    (
                        torch.from_numpy(np.stack(points)).float(),
                        torch.tensor(labels).float(),
                        functional.avg_pool2d(truth, 2)[:, 0],
                    ),
                )


class Asked(nn.Module):
    """The decoder as the training loop sees it."""

    def __init__(self, decoder: LeanDecoder) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, embeddings: Tensor) -> tuple[LeanDecoder, Tensor]:
        self.calls = getattr(self, 'calls', 0) + 1
        if self.calls % 300 == 0:
            torch.save(self.decoder.state_dict(), '/tmp/lean_ckB.pt')
        return self.decoder, embeddings.contiguous()


def coarse_losses(said: Said, truth: Tensor) -> Tensor:
    coarse = functional.avg_pool2d(truth[:, None], 2)[:, 0]
    with torch.no_grad():
        overlap = mask_iou(said.masks, coarse[:, None])
        best = 1 + overlap[:, 1:].argmax(dim=1)
    every = torch.arange(len(best))
    taken = torch.cat([said.masks[:, 0], said.masks[every, best]])
    losses = mask_losses(taken, coarse.repeat(2, 1, 1)).unflatten(0, (2, -1)).mean(dim=0)
    return losses + (said.scores - overlap).square().mean(dim=1)


def lean_loss(given: tuple[LeanDecoder, Tensor], asked: Any, young: bool) -> Tensor:
    decoder, embeddings = given
    points, labels, truth = asked
    losses = coarse_losses if young else answer_losses
    count = len(points)
    side = truth.shape[-1] // 2
    scores, masks = decoder(
        embeddings, points, labels, torch.zeros(count, 1, side, side), torch.zeros(count)
    )
    said = Said(masks, scores, points, points)
    loss = losses(said, truth).mean()
    if torch.rand(()) < _CORRECTED:
        earlier = best_masks(said).detach()
        spot, sign = correction(earlier, truth, (0, 0))
        points = torch.cat([spot[:, None], points], dim=1)
        labels = torch.cat([sign[:, None], labels], dim=1)
        scores, masks = decoder(
            embeddings, points, labels, earlier[:, None], torch.ones(count)
        )
        again = losses(Said(masks, scores, points, points), truth).mean()
        loss = (loss + again) / 2
    return loss


def begin(decoder: LeanDecoder, weights: dict[str, Tensor]) -> None:
    """Take what fits from a decoder with maps of its own."""
    own = decoder.state_dict()
    with torch.no_grad():
        own['labels'].copy_(weights['prompts.labels'])
        own['spot.weight'][:, :24] = weights['prompts.spot.weight']
        own['spot.bias'].copy_(weights['prompts.spot.bias'])
        own['own_tokens'].copy_(weights['decoder.own_tokens'][1:5])
        own['down.weight'].copy_(weights['decoder.to_middle.weight'])
        own['down.bias'].copy_(weights['decoder.to_middle.bias'])
        own['finer.weight'].copy_(weights['decoder.to_fine.weight'])
        own['finer.bias'].copy_(weights['decoder.to_fine.bias'])
        own['around.bias'].zero_()
        nn.init.dirac_(own['around.weight'])
        own['around.weight'].add_(torch.randn_like(own['around.weight']) * 0.02)
        own['detail.weight'].mul_(0.3)
        for i in range(len(decoder.layers)):
            for name, value in own.items():
                if name.startswith(f'layers.{i}.'):
                    value.copy_(weights[f'decoder.transformer.{name}'])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument('--encoder', type=Path, required=True)
    parser.add_argument('--start', type=Path)
    parser.add_argument('--resume', type=Path)
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--minutes', type=float, default=15)
    parser.add_argument('--crops', type=float, default=0.8)
    parser.add_argument('--rate', type=float, default=2e-3)
    parser.add_argument('--batch', type=int, default=12)
    parser.add_argument('--scenes', type=int, default=6144)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--seed', type=int, default=0)
    cache = Path(tempfile.gettempdir()) / 'isaac_seg_scenes'
    parser.add_argument('--cache', type=Path, default=cache)
    asked = parser.parse_args()
    torch.manual_seed(asked.seed)
    torch.set_num_threads(asked.threads)
    scenes = Encoded(asked.cache, asked.scenes, asked.encoder)
    decoder = LeanDecoder(SIDE)
    if asked.start:
        begin(decoder, torch.load(asked.start, weights_only=True))
    if asked.resume:
        kept = torch.load(asked.resume, weights_only=True)
        own = decoder.state_dict()
        kept = {k: v for k, v in kept.items() if k in own and own[k].shape == v.shape}
        print('kept', len(kept), 'of', len(own), set(own) - set(kept))
        decoder.load_state_dict(kept, strict=False)
    print(len(scenes._ids), 'pictures', sum(p.numel() for p in decoder.parameters()), flush=True)
    random = np.random.default_rng(asked.seed)
    batches = scenes.batches(asked.batch, random)
    schedule = Schedule(asked.minutes, 0, asked.rate, crops=asked.crops, averaging=0.99)
    trained = train(Asked(decoder), batches, batches, lean_loss, schedule)
    torch.save(trained.decoder.state_dict(), asked.out.with_suffix('.pt'))


if __name__ == '__main__':
    main()
