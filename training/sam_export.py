"""Write both networks of the tiny Segment Anything."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn, Tensor

from .onnx_export import compare, export_tensors
from .sam_model import DecoderAsExported, EncoderAsExported, TinySam

_MASK_STRIDE = 4
_OUTPUTS = ('iou_predictions', 'low_res_masks')


def export_sam(network: TinySam, side: int, path: Path) -> tuple[Path, Path]:
    """Write NAME_encoder.onnx and NAME_decoder.onnx for the path NAME.onnx, and return them."""
    encoder = path.with_name(f'{path.stem}_encoder.onnx')
    decoder = path.with_name(f'{path.stem}_decoder.onnx')
    network = network.cpu().eval()
    image = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        embeddings = EncoderAsExported(network)(image)
    export_tensors(EncoderAsExported(network), encoder, {'image': image}, ('image_embeddings',))
    export_decoder(DecoderAsExported(network), embeddings, side, decoder)
    return encoder, decoder


def export_decoder(decoder: nn.Module, embeddings: Tensor, side: int, path: Path) -> None:
    """Write a decoder, and compare it for several numbers of prompts and of tokens."""
    decoder = decoder.cpu().eval()
    random = torch.Generator().manual_seed(0)

    def prompts(count: int, tokens: int) -> dict[str, Tensor]:
        mask = side // _MASK_STRIDE
        return {
            'image_embeddings': embeddings,
            'point_coords': torch.rand(count, tokens, 2, generator=random) * side,
            'point_labels': torch.arange(count * tokens).reshape(count, tokens) % 5 - 1.0,
            'mask_input': torch.randn(count, 1, mask, mask, generator=random) * 4,
            'has_mask_input': torch.arange(count) % 2 * 1.0,
        }

    rows, places = {0: 'B'}, {0: 'B', 1: 'N'}
    axes = dict.fromkeys(('mask_input', 'has_mask_input', *_OUTPUTS), rows)
    axes |= {'point_coords': places, 'point_labels': places}
    export_tensors(decoder, path, prompts(3, 4), _OUTPUTS, axes)
    # Other numbers of prompts and of tokens, too.
    compare(decoder, path, prompts(1, 2), _OUTPUTS)
    compare(decoder, path, prompts(5, 1), _OUTPUTS)
