"""Tiny networks of transformers with random weights, saved as users have them."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

import pytest

HINT = 'make test-reference installs it'
PROCESSOR = {
    'size': {'height': 64, 'width': 96}, 'image_mean': [0.4, 0.5, 0.6],
    'image_std': [0.2, 0.25, 0.3],
}  # fmt: skip


@pytest.fixture(scope='session')
def torch() -> Any:
    """Give PyTorch, with the same numbers in each run and no more threads than are shared here."""
    found = pytest.importorskip('torch', reason=HINT)
    found.set_num_threads(2)
    return found


@pytest.fixture
def saved(torch: Any, tmp_path: Path) -> Callable[..., Path]:
    """Give what saves a network of a type to a folder."""
    transformers = pytest.importorskip('transformers', reason=HINT)

    def swin() -> Any:
        return transformers.SwinConfig(
            embed_dim=12, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2], window_size=4,
            image_size=64, out_features=['stage1', 'stage2', 'stage3', 'stage4'],
        )  # fmt: skip

    def segformer(**more: Any) -> Any:
        config = transformers.SegformerConfig(
            hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1], num_attention_heads=[1, 1, 2, 2],
            decoder_hidden_size=16, **more,
        )  # fmt: skip
        return transformers.SegformerForSemanticSegmentation(config)

    def maskformer(**more: Any) -> Any:
        detr = transformers.DetrConfig(
            d_model=16, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2,
            decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, num_queries=10,
        )  # fmt: skip
        config = transformers.MaskFormerConfig(
            backbone_config=swin(), decoder_config=detr, fpn_feature_size=32,
            mask_feature_size=32, **more,
        )  # fmt: skip
        return transformers.MaskFormerForInstanceSegmentation(config)

    def mask2former(**more: Any) -> Any:
        config = transformers.Mask2FormerConfig(
            backbone_config=swin(), feature_size=32, mask_feature_size=32, hidden_dim=32,
            encoder_feedforward_dim=16, encoder_layers=1, decoder_layers=2, num_attention_heads=2,
            dim_feedforward=16, num_queries=10, **more,
        )  # fmt: skip
        return transformers.Mask2FormerForUniversalSegmentation(config)

    def vit(**more: Any) -> Any:
        config = transformers.ViTConfig(
            hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
            image_size=32, **more,
        )  # fmt: skip
        return transformers.ViTForImageClassification(config)

    makers = {one.__name__: one for one in (segformer, maskformer, mask2former, vit)}

    def save(kind: str, name: str = '', labels: tuple[str, ...] = ('sky', 'sea', 'land')) -> Path:
        torch.manual_seed(0)
        folder = tmp_path / (name or kind)
        named = dict(enumerate(labels))
        model = makers[kind](id2label=named, label2id={v: k for k, v in named.items()}).eval()
        model.save_pretrained(folder)
        (folder / 'preprocessor_config.json').write_text(json.dumps(PROCESSOR))
        return folder

    return save
