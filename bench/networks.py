"""
Networks with random weights, for speed alone.

    WITH=reference scripts/with_env python -m bench.networks

makes them in out/bench/networks; with FULL=1 the large ones too, in their own size. It needs torch
and transformers.
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
CLASSED = {
    'fcn_resnet18': 'FCN-ResNet18, 1024x512, 1280x720 in and out',
    'unet_shuffled': 'U-Net of 0.9 million weights, 960x544, 1280x720 in and out',
}
PROMPTED = {
    'mobile_sam': 'MobileSAM, 1024x1024, an image and a box',
    'nano_sam': 'NanoSAM with ResNet-18, 1024x1024, an image and a box',
}
LARGE = ('sam_vit_b', 'sam2_tiny', *CLASSED, *PROMPTED)


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
    _enliven(model)
    if name in SAM2:
        with torch.no_grad():
            # Who is never there costs no mask.
            model.mask_decoder.pred_obj_score_head.proj_out.bias.fill_(50)
    model.save_pretrained(FOLDER / name)
    _export(FOLDER / name, FOLDER / f'{name}.onnx')


def make_own(name: str) -> None:
    """Make one of the networks that transformers does not have."""
    import torch
    from transformers import SamConfig, SamModel

    from . import own_networks as own

    torch.manual_seed(0)
    file = FOLDER / f'{name}.onnx'
    if name == 'fcn_resnet18':
        own.export_classes(file, 'fcn', own.Fcn(21), (512, 1024))
    elif name == 'unet_shuffled':
        own.export_classes(file, 'unet', own.ShuffleUnet(2), (544, 960))
    else:
        config = SamConfig(vision_config={'num_hidden_layers': 0, 'global_attn_indexes': []})
        decoder = SamModel(config).eval()
        _enliven(decoder)
        own.export_prompted(file, name, decoder)


def _enliven(model: Any) -> None:
    """Fill a network with weights that let prompts make a difference."""
    import torch

    with torch.no_grad():
        for weight_name, weight in model.named_parameters():
            # As they come, weights are so small that no prompt makes a difference.
            if 'embed' in weight_name or 'token' in weight_name:
                weight.copy_(torch.randn_like(weight))
            elif weight.dim() >= 2:
                weight.copy_(torch.randn_like(weight) / weight[0].numel() ** 0.5)
            if 'q_proj' in weight_name or 'k_proj' in weight_name:
                # Attention that all but picks one place would let errors of rounding grow until
                # PyTorch itself, in float32 and float64, differs by some hundredths.
                weight.div_(4)


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
    full = os.environ.get('FULL', '') not in ('', '0')
    for name in asked_for(full):
        if not (FOLDER / f'{name}.yaml').is_file():
            make_segment_anything(name)
    for name in (*CLASSED, *PROMPTED) if full else ():
        if not (FOLDER / f'{name}.yaml').is_file():
            make_own(name)


if __name__ == '__main__':
    main()
