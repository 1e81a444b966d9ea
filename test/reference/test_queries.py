"""Mask2Former and MaskFormer with random weights: our maps are those of transformers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from isaac_seg_py import RawImage, Segmenter, Tensors, View
from isaac_seg_py.decode.queries import CLASSES, MASKS, QueryDecoder
from isaac_seg_py.instance_config import InstanceConfig
import numpy as np
import pytest

pytestmark = pytest.mark.reference

SIZE = (64, 96)
KINDS = [('mask2former', 'Mask2Former', 384), ('maskformer', 'MaskFormer', 0)]


def answers(torch: Any, seed: int, queries: int = 30, classes: int = 6) -> Any:
    """Return answers such as a trained network gives: smooth masks, and classes that are sure."""
    random = np.random.default_rng(seed)
    coarse = torch.from_numpy(random.standard_normal((1, queries, 5, 7), np.float32) * 6)
    masks = torch.nn.functional.interpolate(coarse, (16, 24), mode='bicubic')
    logits = torch.from_numpy(random.standard_normal((1, queries, classes + 1), np.float32) * 3)
    return SimpleNamespace(class_queries_logits=logits, masks_queries_logits=masks)


def ours(found: Any, size: tuple[int, int], **settings: Any) -> Any:
    tensors = {CLASSES: found.class_queries_logits.numpy(), MASKS: found.masks_queries_logits}
    tensors[MASKS] = tensors[MASKS].numpy()
    config = InstanceConfig(**{'score_threshold': 0.5, 'filter_mode': 'point', **settings})
    return QueryDecoder(config)(Tensors(tensors, View.fit(size, SIZE, 'stretch')))


def check_semantic(torch: Any, labels: np.ndarray, theirs: Any, tie: float = 1e-5) -> None:
    differ = labels != theirs.segmentation.numpy()
    best = torch.topk(theirs.segmentation_scores, 2, dim=0).values.numpy()
    assert not differ.any() or (best[0] - best[1])[differ].max() < tie
    assert len(np.unique(labels)) > 1


def check_panoptic(found: Any, theirs: Any) -> None:
    wanted = theirs['segmentation'].numpy()
    if not theirs['segments_info']:
        assert not found.segments
        assert (wanted == -1).all()
        return
    # Ties and rounding may move single pixels at the borders of segments.
    assert (found.ids != wanted).mean() < 1e-3
    assert [(s.id, s.class_id, s.fused) for s in found.segments] == [
        (s['id'], s['label_id'], s['was_fused']) for s in theirs['segments_info']
    ]
    scores = [s['score'] for s in theirs['segments_info']]
    np.testing.assert_allclose(found.scores, scores, atol=2e-5)


def check_instances(found: Any, theirs: Any) -> None:
    maps, infos = theirs['segmentation'], theirs['segments_info']
    assert len(found) == len(infos)
    if not infos:
        return
    order = sorted(range(len(infos)), key=lambda i: -infos[i]['score'])
    np.testing.assert_allclose(found.scores, [infos[i]['score'] for i in order], atol=2e-5)
    assert found.class_ids.tolist() == [infos[i]['label_id'] for i in order]
    # A mask's border may move where a cell's value is as good as 0.
    assert (found.masks != maps.numpy()[order].astype(bool)).mean((1, 2)).max() < 1e-3


@pytest.mark.parametrize('seed', range(4))
@pytest.mark.parametrize(('module', 'kind', 'side'), KINDS)
@pytest.mark.parametrize('size', [(67, 101), (240, 320), (20, 30)])
def test_the_three_maps_equal_those_of_transformers(
    torch: Any,
    processors: Any,
    module: str,
    kind: str,
    side: int,
    size: tuple[int, int],
    seed: int,
) -> None:
    found, process = answers(torch, seed), processors(module, kind)
    settings = {'query_mask_side': side}
    theirs = process.post_process_semantic_segmentation(
        None, found, [size], return_segmentation_scores=True
    )[0]
    check_semantic(torch, ours(found, size, task='semantic', **settings).labels, theirs)
    theirs = process.post_process_panoptic_segmentation(
        None, found, overlap_mask_area_threshold=0.4, label_ids_to_fuse=set(), target_sizes=[size]
    )[0]
    check_panoptic(ours(found, size, overlap_threshold=0.4, **settings), theirs)
    theirs = process.post_process_instance_segmentation(
        None, found, target_sizes=[size], return_binary_maps=True
    )[0]
    check_instances(ours(found, size, task='instance', **settings), theirs)


def test_fused_classes_have_one_segment(torch: Any, processors: Any) -> None:
    found = answers(torch, 5)
    everything = set(range(6))
    process = processors('maskformer', 'MaskFormer').post_process_panoptic_segmentation
    theirs = process(None, found, 0.3, 0.5, 0.1, everything, [(67, 101)])[0]
    settings: Any = {'score_threshold': 0.3, 'overlap_threshold': 0.1}
    mine = ours(found, (67, 101), fused_classes=tuple(everything), **settings)
    # transformers names a segment once for each query, and may give two classes one number.
    wanted = {info['label_id'] for info in theirs['segments_info']}
    assert len(theirs['segments_info']) > len(wanted) > 1
    assert sorted(s.class_id for s in mine.segments) == sorted(wanted)
    apart = process(None, found, 0.3, 0.5, 0.1, set(), [(67, 101)])[0]
    table = {info['id']: info['label_id'] for info in apart['segments_info']}
    classes = np.array([table.get(i, 255) for i in range(256)])[apart['segmentation'].numpy()]
    assert (mine.labels != classes).mean() < 1e-3


def small_model(transformers: Any, kind: str) -> Any:
    # Its losses, of which nothing runs here, refuse to be made without.
    pytest.importorskip('scipy', reason='make test-reference installs scipy')
    swin = transformers.SwinConfig(
        image_size=64, embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2], window_size=4,
        out_features=['stage1', 'stage2', 'stage3', 'stage4'],
    )  # fmt: skip
    sizes: Any = {'mask_feature_size': 32}
    if kind == 'Mask2Former':
        config = transformers.Mask2FormerConfig(
            backbone_config=swin, feature_size=32, hidden_dim=32, encoder_feedforward_dim=32,
            encoder_layers=1, decoder_layers=3, dim_feedforward=32, num_attention_heads=2,
            num_queries=20, num_labels=6, **sizes,
        )  # fmt: skip
        return transformers.Mask2FormerForUniversalSegmentation(config)
    detr = transformers.DetrConfig(
        d_model=16, decoder_layers=2, encoder_layers=1, decoder_ffn_dim=32, encoder_ffn_dim=32,
        decoder_attention_heads=2, encoder_attention_heads=2, num_queries=20,
    )  # fmt: skip
    config = transformers.MaskFormerConfig(
        backbone_config=swin, decoder_config=detr, fpn_feature_size=32, num_labels=6, **sizes
    )
    return transformers.MaskFormerForInstanceSegmentation(config)


@pytest.mark.parametrize(('module', 'kind', 'side'), KINDS)
def test_the_whole_way_gives_what_transformers_gives(
    torch: Any,
    processors: Any,
    export: Callable[..., Path],
    image: np.ndarray,
    tmp_path: Path,
    module: str,
    kind: str,
    side: int,
) -> None:
    import transformers

    torch.manual_seed(3)
    model = small_model(transformers, kind).eval()
    for weights in model.parameters():
        # As they are made, the answers to all queries are much the same.
        if weights.dim() > 1:
            torch.nn.init.xavier_normal_(weights, gain=1.5)
    export(model, tmp_path / 'net.onnx', SIZE, CLASSES, MASKS)
    (tmp_path / 'net.yaml').write_text(f'name: net\nfamily: {module}\nfile: net.onnx\n')
    process, size = processors(module, kind), image.shape[:2]
    options: Any = {'backend': 'onnxruntime', 'threads': 1, 'score_threshold': 0.2}
    for task in ('semantic', 'panoptic', 'instance'):
        with Segmenter.open(str(tmp_path / 'net.yaml'), task=task, **options) as segment:
            mine = segment(image)
            tensors = segment._pipeline.encode(RawImage.from_array(image, 'rgb8'))
        with torch.no_grad():
            found = model(torch.from_numpy(tensors['pixel_values'].copy()))
        if task == 'semantic':
            theirs = process.post_process_semantic_segmentation(
                None, found, [size], return_segmentation_scores=True
            )[0]
            # The networks' own rounding, in ONNX Runtime and in PyTorch, is in these.
            check_semantic(torch, mine.labels, theirs, tie=1e-3)
        elif task == 'panoptic':
            theirs = process.post_process_panoptic_segmentation(
                None, found, 0.2, label_ids_to_fuse=set(), target_sizes=[size]
            )[0]
            check_panoptic(mine, theirs)
        else:
            theirs = process.post_process_instance_segmentation(
                None, found, 0.2, target_sizes=[size], return_binary_maps=True
            )[0]
            check_instances(mine, theirs)
            assert len(mine) > 0
