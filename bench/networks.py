"""
Networks with random weights, for speed alone.

    WITH=reference scripts/with_env python -m bench.networks

makes them in out/bench/networks; with FULL=1 those of Segment Anything in their own size too. It
needs torch and transformers.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

from isaac_seg_py.cli.main import main as isaac_seg

FOLDER = Path('out/bench/networks')
SEGFORMER = FOLDER / 'segformer_b0.onnx'
SEGFORMER_FOLDER = FOLDER / 'segformer_b0'
COMMAND = 'WITH=reference scripts/with_env python -m bench.networks'
CLASSES = 19
# By name: side of the canvas, and what it is called in the table.
SAM = {
    'sam_vit_tiny': (512, 'SAM with ViT-Ti, 512x512'),
    'sam_vit_b': (1024, 'SAM ViT-B, 1024x1024'),
}
SAM2 = {
    'sam2_tiny_256': (256, 'SAM2.1-tiny, 256x256'),
    'sam2_tiny': (1024, 'SAM2.1-tiny, 1024x1024'),
}
LARGE = ('sam_vit_b', 'sam2_tiny')


def asked_for(full: bool) -> list[str]:
    """Return the networks of Segment Anything that are measured."""
    return [name for name in (*SAM, *SAM2) if full or name not in LARGE]


def why_missing(file: Path) -> str:
    """Return what to do for a network that is not there, '' where it is."""
    if file.is_file():
        return ''
    return f'{file} is not there. To make it: {"FULL=1 " * (file.stem in LARGE)}{COMMAND}'


def why_no_peer(file: Path) -> str:
    """Return what to do where the libraries of a peer are missing, or its network."""
    lacking = [name for name in ('torch', 'transformers') if not importlib.util.find_spec(name)]
    if lacking:
        return (
            f'{", ".join(lacking)} missing, and the network with them. To make it: {COMMAND}; '
            'then: WITH=reference make bench'
        )
    return why_missing(file)


def make_segformer() -> None:
    """Make SegFormer-B0 with random weights, as transformers has it, and its ONNX file."""
    import torch
    from transformers import (
        SegformerConfig,
        SegformerForSemanticSegmentation,
        SegformerImageProcessor,
    )

    torch.manual_seed(0)
    # The defaults of the configuration are those of B0.
    SegformerForSemanticSegmentation(SegformerConfig(num_labels=CLASSES)).save_pretrained(
        SEGFORMER_FOLDER
    )
    SegformerImageProcessor(size={'height': 512, 'width': 512}).save_pretrained(SEGFORMER_FOLDER)
    _export(SEGFORMER_FOLDER, SEGFORMER, '--size', '512x512')


def make_segment_anything(name: str) -> None:
    """Make one of SAM or SAM2 with random weights, and its parts."""
    import torch

    torch.manual_seed(0)
    model = _sam(name) if name in SAM else _sam2(SAM2[name][0])
    with torch.no_grad():
        for weight_name, weight in model.named_parameters():
            # As they come, weights are so small that no prompt makes a difference.
            if 'embed' in weight_name or 'token' in weight_name:
                weight.copy_(torch.randn_like(weight))
            elif weight.dim() >= 2:
                weight.copy_(torch.randn_like(weight) / weight[0].numel() ** 0.5)
        if name in SAM2 and name not in LARGE:
            # Who is never there costs no mask. In the large one errors of rounding would grow too
            # much for the comparison that follows the export.
            model.mask_decoder.pred_obj_score_head.proj_out.bias.fill_(50)
    model.save_pretrained(FOLDER / name)
    _export(FOLDER / name, FOLDER / f'{name}.onnx')


def _sam(name: str) -> Any:
    from transformers import SamConfig, SamModel

    side, _ = SAM[name]
    # Without more said it is ViT-B.
    small = {'hidden_size': 192, 'num_attention_heads': 3, 'mlp_dim': 768}
    vision = {'image_size': side, **(small if name not in LARGE else {})}
    return SamModel(
        SamConfig(
            vision_config=vision,
            prompt_encoder_config={'image_size': side, 'image_embedding_size': side // 16},
        )
    )


def _sam2(side: int) -> Any:
    from transformers import Sam2VideoConfig, Sam2VideoModel

    sizes = [[side // stride] * 2 for stride in (4, 8, 16)]
    # Without more said it is the tiny one of 2.1.
    return Sam2VideoModel(
        Sam2VideoConfig(
            vision_config={
                'model_type': 'sam2_vision_model', 'backbone_feature_sizes': sizes,
                'backbone_config': {
                    'model_type': 'sam2_hiera_det_model', 'image_size': [side] * 2
                },
            },
            prompt_encoder_config={'image_size': side},
            image_size=side,
            memory_attention_rope_feat_sizes=sizes[-1],
        )
    )  # fmt: skip


def _export(folder: Path, file: Path, *more: str) -> None:
    # What an earlier run has left unfinished is made again.
    if isaac_seg(['export', str(folder), '--output', str(file), '--overwrite', *more]):
        raise SystemExit(f'the export of {folder.name} failed')


def main() -> None:
    """Make what is not there."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not SEGFORMER.is_file():
        make_segformer()
    for name in asked_for(os.environ.get('FULL', '') not in ('', '0')):
        if not (FOLDER / f'{name}.yaml').is_file():
            make_segment_anything(name)


if __name__ == '__main__':
    main()
