"""SegFormer with random weights: our masks are those of transformers' own post-processing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from isaac_seg_py import Segmenter
import numpy as np
import pytest

pytestmark = pytest.mark.reference

SIZE = (64, 96)


def small(transformers: Any) -> Any:
    config = transformers.SegformerConfig(
        num_labels=9, hidden_sizes=[8, 16, 16, 16], depths=[1, 1, 1, 1],
        num_attention_heads=[1, 1, 2, 2], decoder_hidden_size=16,
    )  # fmt: skip
    return transformers.SegformerForSemanticSegmentation(config)


def test_the_whole_way_gives_what_transformers_gives(
    torch: Any, processors: Any, export: Callable[..., Path], image: np.ndarray, tmp_path: Path
) -> None:
    import transformers

    model = small(transformers)
    # Random classes are of much the same score: this spreads them.
    model.decode_head.classifier.weight.data *= 30
    path = export(model, tmp_path / 'segformer.onnx', SIZE, 'logits')
    with Segmenter.open(str(path), backend='onnxruntime', threads=1) as segment:
        ours = segment(image)
        tensors = segment._pipeline.encode(_raw(image))
    pixels = tensors['pixel_values'].copy()
    with torch.no_grad():
        found = model.eval()(torch.from_numpy(pixels))
    process = processors('segformer', 'Segformer').post_process_semantic_segmentation
    theirs = process(None, found, [image.shape[:2]], return_segmentation_scores=True)[0]
    scores = theirs.segmentation_scores
    differ = ours.labels != theirs.segmentation.numpy()
    best = torch.topk(scores, 2, dim=0).values.numpy()
    # ONNX Runtime and PyTorch round differently: only what is as good as equal may differ.
    margin = (best[0] - best[1])[differ]
    assert not margin.size or margin.max() < 1e-4 * np.abs(best).max()
    assert differ.mean() < 1e-3
    chances = scores.softmax(0).max(0).values.numpy()
    # Ours are interpolated after the soft-max, so that they are a mean of what the cells say.
    assert np.abs(ours.scores - chances).mean() < 0.05
    assert len(np.unique(ours.labels)) > 3


def _raw(image: np.ndarray) -> Any:
    from isaac_seg_py import RawImage

    return RawImage.from_array(image, 'rgb8')


@pytest.mark.parametrize('size', [(67, 101), (128, 192), (30, 45)])
def test_scores_are_interpolated_as_pytorch_does_it(
    torch: Any, processors: Any, size: tuple[int, int]
) -> None:
    from isaac_seg_py import Tensors, View
    from isaac_seg_py.config import DecodeConfig
    from isaac_seg_py.decode.labels import LabelDecoder

    logits = np.random.default_rng(1).standard_normal((1, 19, 16, 24), np.float32)
    view = View.fit(size, SIZE, 'stretch')
    ours = LabelDecoder(DecodeConfig(data_format='NCHW'))(Tensors({'logits': logits}, view))
    found = _Logits(torch.from_numpy(logits))
    process = processors('segformer', 'Segformer').post_process_semantic_segmentation
    theirs = process(None, found, [size], return_segmentation_scores=True)[0]
    best = torch.topk(theirs.segmentation_scores, 2, dim=0).values.numpy()
    differ = ours.labels != theirs.segmentation.numpy()
    assert not differ.any() or (best[0] - best[1])[differ].max() < 1e-5


class _Logits:
    def __init__(self, logits: Any) -> None:
        self.logits = logits
