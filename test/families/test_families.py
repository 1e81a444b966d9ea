"""A network's family is found from its tensors, and each opens and gives what it should."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from family_networks import by_channel, image_to
from isaac_seg_py import (
    ConfigError,
    InstanceMasks,
    LabelImage,
    ModelError,
    PanopticImage,
    Segmenter,
)
from isaac_seg_py.catalog.manifest import Manifest
from isaac_seg_py.decode.mixed_colors import MixedColors
from isaac_seg_py.decode.queries import CLASSES, MASKS
from isaac_seg_py.families import family_of
from isaac_seg_py.families.contract import decode_defaults, encode_config, encode_defaults
from isaac_seg_py.families.contract import peek as find_backend
from isaac_seg_py.families.fcn import FCN
from isaac_seg_py.families.table import find_family
from isaac_seg_py.tensors import TensorSpec
import numpy as np
import pytest

IMAGE = ('image', (1, 3, 64, 128), 'float32')
MANIFEST = Manifest('net', '', Path('net.onnx'))


def specs(*tensors: Any) -> list[TensorSpec]:
    return [TensorSpec(name, tuple(shape), np.dtype(dtype)) for name, shape, dtype in tensors]


@pytest.mark.parametrize(
    ('given', 'outputs', 'family'),
    [
        (IMAGE, [('scores', (1, 7, 64, 128), 'float32')], 'unet'),
        (('input_2', (1, 64, 128, 3), 'float32'), [('argmax_1', (1, 64, 128, 1), 'int32')],
         'unet'),
        (('input_1', ('N', 3, 64, 128), 'float32'), [('softmax_1', ('N', 64, 128, 2), 'float32')],
         'unet'),
        (('input', ('N', 3, 512, 512), 'float32'), [('output', ('N', 1, 512, 512), 'int64')],
         'unet'),
        (IMAGE, [('ids', (64, 128), 'uint8')], 'unet'),
        (IMAGE, [('mask', (1, 1, 64, 128), 'bool')], 'unet'),
        (IMAGE, [('scores', (1, 'C', 'h', 'w'), 'float32')], 'unet'),
        # 100 rows at a stride of 8 are 13 or 12.
        (('x', (1, 3, 100, 200), 'float32'), [('y', (1, 5, 13, 25), 'float32')], 'unet'),
        (('pixel_values', ('N', 3, 'H', 'W'), 'float32'), [('logits', ('N', 19, 'h', 'w'),
         'float32')], 'segformer'),
        (('pixel_values', (1, 3, 64, 128), 'float32'), [('logits', (1, 19, 16, 32), 'float32')],
         'segformer'),
        (('input_0', (1, 3, 320, 576), 'float32'), [('output_0', (1, 5, 10, 18), 'float32')],
         'fcn'),
        (IMAGE, [('aux', (1, 21, 64, 128), 'float32'), ('out', (1, 21, 64, 128), 'float32')],
         'deeplab'),
        (('images', (1, 3, 640, 640), 'float32'), [('output0', (1, 116, 8400), 'float32'),
         ('output1', (1, 32, 160, 160), 'float32')], 'yolo_seg'),
        (('images', (1, 3, 640, 640), 'float32'), [('protos', (1, 32, 160, 160), 'float32'),
         ('boxes', (1, 300, 38), 'float32')], 'yolo_seg'),
        (('images', ('N', 3, 'H', 'W'), 'float32'), [('output0', ('N', 116, 'A'), 'float32'),
         ('output1', ('N', 32, 'h', 'w'), 'float32')], 'yolo_seg'),
        (('pixel_values', (1, 3, 64, 128), 'float32'), [(CLASSES, (1, 100, 134), 'float32'),
         (MASKS, (1, 100, 16, 32), 'float32')], 'mask2former'),
        (('pixel_values', (1, 3, 64, 128), 'float32'), [('a', (1, 20, 9), 'float32'),
         ('b', (1, 20, 16, 32), 'float32')], 'mask2former'),
        (('pixel_values', ('N', 3, 'H', 'W'), 'float32'), [(CLASSES, ('N', 'Q', 'C'), 'float32'),
         (MASKS, ('N', 'Q', 'h', 'w'), 'float32'), ('hidden', ('N', 'Q', 256), 'float32')],
         'mask2former'),
    ],
)  # fmt: skip
def test_the_tensors_show_the_family(given: Any, outputs: Any, family: str) -> None:
    assert find_family(MANIFEST, specs(given), specs(*outputs)).name == family


@pytest.mark.parametrize(
    ('inputs', 'outputs', 'wrong'),
    [
        ([IMAGE], [('chances', (1, 1000), 'float32')], 'output chances [1, 1000] is no map over'),
        ([IMAGE], [('features', (1, 1280, 1, 1), 'float32')], 'output features [1, 1280, 1, 1]'),
        ([IMAGE], [('boxes', (1, 84, 8400), 'float32')], 'output boxes [1, 84, 8400] is no map'),
        (
            [IMAGE],
            [('boxes', (1, 100, 4), 'float32'), ('scores', (1, 100), 'float32')],
            'output boxes [1, 100, 4] is no map over image; output scores [1, 100] is no map',
        ),
        # Two rows too many for the canvas.
        ([IMAGE], [('scores', (1, 7, 10, 16), 'float32')], 'output scores [1, 7, 10, 16] is no'),
        ([IMAGE], [('y', (1, 1, 7, 64, 128), 'float32')], 'output y has 5 axes; a map of classes'),
        ([IMAGE], [('y', (1, 7, 64, 128), 'bool')], 'output y has several channels of bool'),
        ([IMAGE], [('y', (1, 64, 128, 7), 'int64')], 'output y has several channels of int64'),
        ([IMAGE], [('y', (1, 7, 64, 128), 'complex64')], 'output y is complex64; floats or'),
        ([IMAGE], [], 'it gives nothing'),
        (
            [IMAGE, ('size', (2,), 'int64')],
            [('scores', (1, 7, 64, 128), 'float32')],
            'it takes 2 tensors (image, size) where one image is expected',
        ),
        ([('x', (1, 10), 'float32')], [('y', (1, 7, 64, 128), 'float32')], 'x has 2 axes; an'),
    ],
)
def test_of_what_fits_no_family_the_fault_is_said_first(
    inputs: Any, outputs: Any, wrong: str
) -> None:
    with pytest.raises(ModelError) as caught:
        find_family(MANIFEST, specs(*inputs), specs(*outputs))
    said = str(caught.value)
    assert said.startswith(f'model net fits no family: {wrong}')
    for spec in (*specs(*inputs), *specs(*outputs)):
        assert str(spec) in said
    assert said.endswith('is shown by isaac-seg inspect net.onnx')


def test_a_family_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    by_channel(tmp_path / 'net.onnx')
    for family, error, said in (
        ('yolo_seg', ModelError, 'does not fit family yolo_seg, which expects one image, boxes'),
        ('mask2former', ModelError, 'gives scores float32'),
        ('resnet', ConfigError, "'resnet'. Known are deeplab, .*, sam, sam2, segformer"),
        ('yolo', ConfigError, "'yolo'. Did you mean yolo_seg"),
        ('sam', ConfigError, 'PromptableSegmenter opens it, and isaac-seg segment --model net'),
        ('sam2', ConfigError, 'VideoTracker opens it, and isaac-seg track'),
    ):
        (tmp_path / 'net.yaml').write_text(f'name: net\nfamily: {family}\nfile: net.onnx\n')
        with pytest.raises(error, match=said):
            Segmenter.open(str(tmp_path / 'net.yaml'))
    (tmp_path / 'net.yaml').write_text('name: net\nfamily: auto\nfile: net.onnx\n')
    with Segmenter.open(str(tmp_path / 'net.yaml')) as segment:
        assert family_of(segment.manifest).name == 'unet'


def test_what_a_family_is_used_to_gives_way_to_the_manifest(tmp_path: Path) -> None:
    image_to(tmp_path / 'net.onnx', 'input_0', {'output_0': np.zeros((1, 3, 4, 8), np.float32)})
    bare = Manifest('net', '', tmp_path / 'net.onnx')
    told = encode_defaults(bare)
    assert told['fit'] == 'stretch'
    assert told['image_mean'] == (0.485, 0.456, 0.406)
    assert (told['network_image_height'], told['tensor_name']) == (32, 'input_0')
    assert decode_defaults(bare)['mix_colors'] is True
    said = Manifest(
        'net', 'fcn', tmp_path / 'net.onnx', encode={'fit': 'crop'}, decode={'mix_colors': False}
    )
    assert encode_defaults(said)['fit'] == 'crop'
    assert decode_defaults(said)['mix_colors'] is False
    with find_backend(said) as network:
        spec = network.inputs[0]
        assert encode_config(said, FCN, spec).fit == 'crop'
        assert encode_config(said, FCN, spec).image_mean == (0.485, 0.456, 0.406)
        assert encode_config(said, FCN, spec, fit='letterbox').fit == 'letterbox'


def test_segnets_networks_have_soft_colours(tmp_path: Path) -> None:
    grid = np.zeros((1, 3, 4, 8), np.float32)
    grid[0, 1, :, :4], grid[0, 2, :, 4:] = 5, 5
    path = image_to(tmp_path / 'net.onnx', 'input_0', {'output_0': grid})
    options: Any = {'color_palette': (0, 0xFF0000, 0x0000FF)}
    with Segmenter.open(str(path), **options) as segment:
        found = segment(np.zeros((40, 80, 3), np.uint8))
    assert isinstance(found, MixedColors)
    assert found.labels[0].tolist() == [1] * 40 + [2] * 40
    color = found.color()
    assert color[0, 0].tolist() == [255, 0, 0]
    # Between the centres of the cells, at 35 and 45, red falls evenly.
    falling = [242.25 - 25.5 * n for n in range(10)]
    assert color[0, 35:45, 0].tolist() == pytest.approx(falling, abs=0.51)


def test_objects_come_from_boxes_and_prototypes(tmp_path: Path) -> None:
    boxes = np.zeros((1, 8, 40), np.float32)
    boxes[0, :, 3] = (32, 16, 32, 16, 0.1, 0.9, 0, 1)
    prototypes = np.stack([np.full((8, 16), -1), np.full((8, 16), 1)])[np.newaxis]
    path = image_to(
        tmp_path / 'net.onnx',
        'images',
        {'output0': boxes, 'output1': prototypes.astype(np.float32)},
    )
    with Segmenter.open(str(path), class_names=['cup', 'fork']) as segment:
        found = segment(np.zeros((32, 64, 3), np.uint8))
        assert isinstance(found, InstanceMasks)
        assert found.boxes.tolist() == [[16, 8, 48, 24]]
        assert found.masks[0].sum() == 32 * 16
        assert found.to_json()['objects'][0]['name'] == 'fork'
    with pytest.raises(ConfigError, match='unknown setting threshold'):
        Segmenter.open(str(path), threshold=0.5)
    assert encode_defaults(Manifest('net', '', path))['padding_value'] == 114


def test_queries_give_what_the_task_says(tmp_path: Path) -> None:
    masks = np.full((1, 2, 8, 16), -9, np.float32)
    masks[0, 0, :, :8], masks[0, 1, :, 8:] = 9, 9
    classes = np.array([[[9, 0, 0], [0, 8, 0]]], np.float32)
    path = image_to(tmp_path / 'net.onnx', 'pixel_values', {CLASSES: classes, MASKS: masks})
    image = np.zeros((64, 128, 3), np.uint8)
    halves = np.repeat([[0] * 64 + [1] * 64], 64, 0)
    for settings, kind in (
        ({}, PanopticImage),
        ({'task': 'instance'}, InstanceMasks),
        ({'task': 'semantic'}, LabelImage),
    ):
        with Segmenter.open(str(path), **settings) as segment:
            found = segment(image)
        assert isinstance(found, kind)
        assert found.classes == {0: 'class 0', 1: 'class 1'}
        assert (found.instances().class_ids == [0, 1]).all() or kind is LabelImage
        if kind is not InstanceMasks:
            np.testing.assert_array_equal(found.labels, halves)
    manifest = tmp_path / 'net.yaml'
    manifest.write_text(
        'name: net\nfamily: maskformer\nfile: net.onnx\noutput: {task: instance, '
        'score_threshold: 0.25, query_mask_side: 16}\n'
    )
    with Segmenter.open(str(manifest)) as segment:
        assert isinstance(segment(image), InstanceMasks)


def test_only_the_main_output_of_torchvision_is_read(tmp_path: Path) -> None:
    out = np.zeros((1, 2, 32, 64), np.float32)
    out[0, 1, :, 32:] = 5
    path = image_to(tmp_path / 'net.onnx', 'input', {'aux': -out, 'out': out})
    with Segmenter.open(str(path)) as segment:
        found = segment(np.zeros((32, 64, 3), np.uint8))
    assert found.labels[0].tolist() == [0] * 32 + [1] * 32


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('output: {score_threshold: 2}', 'score_threshold is 2'),
        ('output: {task: all}', "task is 'all'"),
        ('output: {score: 1}', 'output has unknown score'),
    ],
)
def test_wrong_settings_of_objects_are_found_in_the_manifest(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / 'net.yaml'
    path.write_text(f'name: net\nfamily: yolo_seg\nfile: net.onnx\n{text}\n')
    with pytest.raises(ConfigError, match=said):
        Manifest.read(path)
