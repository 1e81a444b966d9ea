"""
Large networks with random weights, for speed alone.

    WITH=reference scripts/with_env python -m bench.networks

makes them in out/bench/networks. It needs torch and transformers.
"""

from __future__ import annotations

from pathlib import Path

from isaac_seg_py.cli.main import main as isaac_seg

FOLDER = Path('out/bench/networks')
SEGFORMER = FOLDER / 'segformer_b0.onnx'
SEGFORMER_FOLDER = FOLDER / 'segformer_b0'
COMMAND = 'WITH=reference scripts/with_env python -m bench.networks'
CLASSES = 19


def why_missing(file: Path) -> str:
    """Return what to do for a network that is not there, '' where it is."""
    return '' if file.is_file() else f'{file} is not there. To make it: {COMMAND}'


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
    if isaac_seg(
        ['export', str(SEGFORMER_FOLDER), '--output', str(SEGFORMER), '--size', '512x512']
    ):
        raise SystemExit('the export of SegFormer failed')


if __name__ == '__main__':
    FOLDER.mkdir(parents=True, exist_ok=True)
    make_segformer()
