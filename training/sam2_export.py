"""Write the four networks of the tiny Segment Anything 2."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn, Tensor

from .onnx_export import compare, export_tensors
from .sam2_memory import MEMORY, TIMES
from .sam2_model import Decoder, ImageEncoder, STRIDE, TinySam2
from .sam_model import WIDTH

_IMAGE = ('image_embed', 'high_res_feats_0', 'high_res_feats_1', 'vision_features')
_DECODER = (
    'low_res_masks',
    'iou_predictions',
    'obj_ptrs',
    'object_score_logits',
    'stability',
)  # fmt: skip


def export_sam2(network: TinySam2, size: tuple[int, int], path: Path) -> list[Path]:
    """Write NAME_image_encoder.onnx and so on for the path NAME.onnx, and return them."""
    network = network.cpu().eval()
    parts: dict[str, tuple[nn.Module, tuple[str, ...]]] = {
        'image_encoder': (ImageEncoder(network), _IMAGE),
        'decoder': (Decoder(network), _DECODER),
        'memory_encoder': (network.remember, ('maskmem_features',)),
        'memory_attention': (network.recall, ('image_embed',)),
    }
    files = []
    for part, (exported, outputs) in parts.items():
        file = path.with_name(f'{path.stem}_{part}.onnx')
        given = examples(network, size, objects=3, points=4, memories=2, pointers=5)[part]
        export_tensors(exported, file, given, outputs, _free_axes(part, outputs))
        if part != 'image_encoder':
            # Other numbers of everything, too.
            other = examples(network, size, objects=1, points=2, memories=7, pointers=1)[part]
            compare(exported, file, other, outputs)
        files.append(file)
    return files


def examples(
    network: TinySam2,
    size: tuple[int, int],
    *,
    objects: int,
    points: int,
    memories: int,
    pointers: int,
) -> dict[str, dict[str, Tensor]]:
    """Make inputs of each network, as they might come."""
    random = torch.Generator().manual_seed(0)

    def noise(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=random)

    image = noise(1, 3, *size)
    with torch.no_grad():
        embedding, fine, middle, vision = ImageEncoder(network)(image)
    rows, columns = size[0] // STRIDE, size[1] // STRIDE
    extent = torch.tensor((size[1], size[0]))
    return {
        'image_encoder': {'image': image},
        'decoder': {
            'image_embed': embedding + noise(objects, WIDTH, rows, columns) * 0.1,
            'high_res_feats_0': fine,
            'high_res_feats_1': middle,
            'point_coords': torch.rand(objects, points, 2, generator=random) * extent,
            'point_labels': torch.arange(objects * points).reshape(objects, points) % 5 - 1.0,
            'mask_input': noise(objects, 1, 4 * rows, 4 * columns) * 4,
            'has_mask_input': torch.arange(objects) % 2 * 1.0,
        },
        'memory_encoder': {
            'vision_features': vision,
            'mask_logits': noise(objects, 1, 4 * rows, 4 * columns) * 4,
            'object_score_logits': noise(objects, 1),
            'binarize': torch.arange(objects) % 2 * 1.0,
        },
        'memory_attention': {
            'vision_features': vision,
            'memory': noise(objects, memories, MEMORY, rows, columns),
            'memory_tpos': (torch.arange(objects * memories) % TIMES).reshape(objects, -1),
            'obj_ptrs': noise(objects, pointers, WIDTH),
            'obj_ptr_tdiff': torch.rand(objects, pointers, generator=random),
        },
    }


def _free_axes(part: str, outputs: tuple[str, ...]) -> dict[str, dict[int, str]] | None:
    """Return which axes may have any size, by tensor."""
    one = {0: 'objects'}
    every = dict.fromkeys(outputs, one)
    if part == 'decoder':
        spoken = {0: 'objects', 1: 'points'}
        given = {'image_embed': one, 'point_coords': spoken, 'point_labels': spoken}
        return {**every, **given, 'mask_input': one, 'has_mask_input': one}
    if part == 'memory_encoder':
        return {**every, 'mask_logits': one, 'object_score_logits': one, 'binarize': one}
    if part == 'memory_attention':
        maps, spoken = {0: 'objects', 1: 'memories'}, {0: 'objects', 1: 'pointers'}
        return {
            **every,
            'memory': maps,
            'memory_tpos': maps,
            'obj_ptrs': spoken,
            'obj_ptr_tdiff': spoken,
        }
    return None
