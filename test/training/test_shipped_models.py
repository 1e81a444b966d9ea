"""The small networks have the tensors their families ask for, and find the shapes."""

from __future__ import annotations

from pathlib import Path

from isaac_seg_py.catalog.manifest import Manifest
from isaac_seg_py.track.tracker import VideoTracker
import numpy as np
import onnxruntime
import pytest

from training.evaluate import confusion_matrix, intersection_over_union, predict_with
from training.evaluate_instances import average_precision, measure
from training.evaluate_instances import predict_with as find_with
from training.evaluate_tracks import measure as follow
from training.evaluate_tracks import WithMemory, WithoutMemory

MODELS = Path(__file__).parents[2] / 'models'
SEEDS = range(800_200, 800_220)
VIDEOS = range(800_240, 800_243)
SIZE = (480, 640)

IMAGE = [1, 3, 240, 320]
Shapes = dict[str, list[int | str]]
CONTRACTS = {
    'tiny_unet': ({'image': IMAGE}, {'scores': [1, 7, 240, 320]}),
    'tiny_segformer': ({'pixel_values': IMAGE}, {'logits': [1, 7, 60, 80]}),
    'tiny_fcn': ({'input_0': IMAGE}, {'output_0': [1, 7, 60, 80]}),
    'tiny_instances': (
        {'images': IMAGE},
        {'output0': [1, 4 + 6 + 16, 30 * 40 + 15 * 20], 'output1': [1, 16, 60, 80]},
    ),
}

# Of networks of several files, by part.
PARTS = {
    ('tiny_sam', 'encoder'): (
        {'image': [1, 3, 320, 320]},
        {'image_embeddings': [1, 576, 20, 20]},
    ),
    ('tiny_sam', 'decoder'): (
        {
            'image_embeddings': [1, 576, 20, 20],
            'point_coords': ['B', 'N', 2],
            'point_labels': ['B', 'N'],
            'mask_input': ['B', 1, 80, 80],
            'has_mask_input': ['B'],
        },
        {'iou_predictions': ['B', 4], 'low_res_masks': ['B', 4, 80, 80]},
    ),
    ('tiny_sam2', 'image_encoder'): (
        {'image': IMAGE},
        {
            'image_embed': [1, 64, 15, 20],
            'high_res_feats_0': [1, 24, 60, 80],
            'high_res_feats_1': [1, 32, 30, 40],
            'vision_features': [1, 64, 15, 20],
        },
    ),
    ('tiny_sam2', 'decoder'): (
        {
            'image_embed': ['objects', 64, 15, 20],
            'high_res_feats_0': [1, 24, 60, 80],
            'high_res_feats_1': [1, 32, 30, 40],
            'point_coords': ['objects', 'points', 2],
            'point_labels': ['objects', 'points'],
            'mask_input': ['objects', 1, 60, 80],
            'has_mask_input': ['objects'],
        },
        {
            'low_res_masks': ['objects', 4, 60, 80],
            'iou_predictions': ['objects', 4],
            'obj_ptrs': ['objects', 4, 64],
            'object_score_logits': ['objects', 1],
            'stability': ['objects', 1],
        },
    ),
    ('tiny_sam2', 'memory_encoder'): (
        {
            'vision_features': [1, 64, 15, 20],
            'mask_logits': ['objects', 1, 60, 80],
            'object_score_logits': ['objects', 1],
            'binarize': ['objects'],
        },
        {'maskmem_features': ['objects', 32, 15, 20]},
    ),
    ('tiny_sam2', 'memory_attention'): (
        {
            'vision_features': [1, 64, 15, 20],
            'memory': ['objects', 'memories', 32, 15, 20],
            'memory_tpos': ['objects', 'memories'],
            'obj_ptrs': ['objects', 'pointers', 64],
            'obj_ptr_tdiff': ['objects', 'pointers'],
        },
        {'image_embed': ['objects', 64, 15, 20]},
    ),
}


@pytest.mark.parametrize(('name', 'part'), PARTS)
def test_parts_have_the_tensors_of_the_family(name: str, part: str) -> None:
    file = Manifest.read(MODELS / f'{name}.yaml').model_file(part)
    assert tensors(file) == PARTS[name, part]


@pytest.mark.parametrize('name', CONTRACTS)
def test_tensors_are_those_of_the_family_and_the_file_is_small(name: str) -> None:
    file = Manifest.read(MODELS / f'{name}.yaml').model_file()
    assert file.stat().st_size < 4_000_000
    assert tensors(file) == CONTRACTS[name]


def tensors(file: Path) -> tuple[Shapes, Shapes]:
    """Give the shapes of inputs and outputs by name."""
    session = onnxruntime.InferenceSession(str(file), providers=['CPUExecutionProvider'])
    given = {tensor.name: tensor.shape for tensor in session.get_inputs()}
    taken = {tensor.name: tensor.shape for tensor in session.get_outputs()}
    return given, taken


@pytest.mark.parametrize('name', ['tiny_unet', 'tiny_segformer', 'tiny_fcn'])
def test_semantic_networks_label_unseen_scenes(name: str) -> None:
    counts = confusion_matrix(predict_with(MODELS / f'{name}.onnx'), SEEDS, (480, 640))
    assert np.nanmean(intersection_over_union(counts)) > 0.85


def test_the_instance_network_finds_unseen_objects() -> None:
    tallies = measure(find_with(MODELS / 'tiny_instances.onnx'), SEEDS, (480, 640))
    assert np.nanmean(average_precision(tallies)) > 0.75


def test_objects_are_followed_through_unseen_videos_by_memory() -> None:
    with VideoTracker.open(str(MODELS / 'tiny_sam2.yaml')) as tracker:
        with_memory, without = (
            np.mean([(one.region + one.outline) / 2 for one in follow(how, VIDEOS, 2, 30, SIZE)])
            for how in (WithMemory(tracker), WithoutMemory(tracker))
        )
    assert with_memory > 0.8
    assert with_memory > without + 0.1
