"""DeepStream's and TAO's configuration files, read as manifests."""

from __future__ import annotations

from pathlib import Path

from isaac_seg_py import ManifestError, Segmenter
from isaac_seg_py.catalog.label_sets import read_label_file
from isaac_seg_py.catalog.model_folders import find_manifest
import numpy as np
import pytest
import tiny_models

# As TAO's examples are laid out: comments, blanks, keys that are DeepStream's own.
FILE = """
# a semantic network of TAO
[property]
gpu-id=0
net-scale-factor=0.007843
offsets=127.5;127.5;127.5
# 0=RGB, 1=BGR
model-color-format=1
  infer-dims=3;6;8
onnx-file=../nets/brightest.onnx
labelfile-path=labels.txt
batch-size=1
network-mode=2
num-detected-classes=3
network-type=2
segmentation-threshold=0.0
output-blob-names=scores
maintain-aspect-ratio=1
symmetric-padding=1

[class-attrs-all]
roi-top-offset=0
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / 'nets').mkdir()
    tiny_models.brightest_channel(tmp_path / 'nets/brightest.onnx')
    folder = tmp_path / 'configs'
    folder.mkdir()
    (folder / 'labels.txt').write_text('floor\nwall\ndoor\n')
    path = folder / 'pgie_config.txt'
    path.write_text(FILE)
    return path


def test_every_key_with_a_meaning_here_arrives(config: Path) -> None:
    manifest = find_manifest(str(config))
    assert manifest.model_file().samefile(config.parent.parent / 'nets/brightest.onnx')
    assert manifest.labels == ('floor', 'wall', 'door')
    assert manifest.output_name == 'scores'
    assert manifest.encode == {
        'color_order': 'bgr',
        'tensor_layout': 'NCHW',
        'net_scale_factor': 0.007843,
        'offsets': (127.5, 127.5, 127.5),
        'interpolation': 'linear',
        'fit': 'letterbox',
        'network_image_height': 6,
        'network_image_width': 8,
    }
    assert manifest.infer == {'precision': 'fp16'}


def test_such_a_file_segments_as_its_manifest_says(config: Path) -> None:
    image = np.zeros((6, 8, 3), np.uint8)
    image[:3, :, 0], image[3:, :, 2] = 200, 200
    with Segmenter.open(str(config), data_format='NCHW') as segment:
        found = segment(image)
    # The network wants BGR: its channel 0, the floor, is blue.
    assert found.labels[:3].tolist() == [[2] * 8] * 3
    assert found.labels[3:].tolist() == [[0] * 8] * 3
    assert found.class_names == ('floor', 'wall', 'door')


@pytest.mark.parametrize(
    ('line', 'key', 'expected'),
    [
        ('maintain-aspect-ratio=0', 'fit', 'stretch'),
        ('symmetric-padding=0', 'fit', 'letterbox_top_left'),
        ('model-color-format=0', 'color_order', 'rgb'),
        ('network-input-order=0', 'tensor_layout', 'NCHW'),
        ('scaling-filter=0', 'interpolation', 'nearest'),
        ('net-scale-factor=1', 'net_scale_factor', 1.0),
    ],
)
def test_the_last_of_equal_keys_counts(
    config: Path, line: str, key: str, expected: object
) -> None:
    config.write_text(FILE.replace('[class-attrs-all]', f'{line}\n[class-attrs-all]'))
    assert find_manifest(str(config)).encode[key] == expected


def test_dims_follow_the_order_of_the_axes(config: Path) -> None:
    config.write_text(FILE.replace('infer-dims=3;6;8', 'network-input-order=1\ninfer-dims=6;8;3'))
    encode = find_manifest(str(config)).encode
    assert (encode['network_image_height'], encode['network_image_width']) == (6, 8)


def test_int8_takes_its_calibration_cache_along(config: Path) -> None:
    text = FILE.replace('network-mode=2', 'network-mode=1\nint8-calib-file=cal.bin')
    config.write_text(text)
    infer = find_manifest(str(config)).infer
    assert infer == {'precision': 'fp16', 'int8_calibration_file': str(config.parent / 'cal.bin')}


def test_labels_may_be_parted_by_semicolons(config: Path) -> None:
    (config.parent / 'labels.txt').write_text('floor;wall;door')
    assert find_manifest(str(config)).labels == ('floor', 'wall', 'door')


@pytest.mark.parametrize(
    ('old', 'new', 'said'),
    [
        ('[property]', '[properties]', r'no group \[property\]'),
        ('network-type=2', 'network-type=0', 'network-type is 0; 2'),
        ('onnx-file=../nets/brightest.onnx', 'tlt-encoded-model=a.etlt', 'encrypted'),
        ('onnx-file=', 'model-file=', 'no onnx-file'),
        ('model-color-format=1', 'model-color-format=7', 'model-color-format is 7; it must be'),
        ('model-color-format=1', 'model-color-format=2', 'infer-dims is 3;6;8, with 3 channels'),
        ('infer-dims=3;6;8', 'infer-dims=3;6', 'channels;height;width are expected'),
        ('infer-dims=3;6;8', 'infer-dims=3;six;8', 'six'),
        ('0.007843', 'small', 'small'),
        ('offsets=127.5;', 'offsets=', 'offsets has 2 values'),
        ('num-detected-classes=3', 'num-detected-classes=4', 'is 4, and labelfile-path has 3'),
        ('labels.txt', 'none.txt', 'labelfile-path'),
        ('segmentation-threshold=0.0', 'segmentation-threshold=7', 'threshold is 7'),
        ('gpu-id=0', 'mean-file=mean.ppm', 'mean-file is not read'),
        ('gpu-id=0', 'no equals sign', 'cannot be read'),
    ],
)
def test_what_cannot_be_read_is_named(config: Path, old: str, new: str, said: str) -> None:
    assert old in FILE
    config.write_text(FILE.replace(old, new))
    with pytest.raises(ManifestError, match=said) as caught:
        find_manifest(str(config))
    assert 'pgie_config.txt' in str(caught.value)
    assert '\n' not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r'pgie\.txt.*does not exist'):
        find_manifest(str(tmp_path / 'pgie.txt'))


def test_a_byte_order_mark_is_no_part_of_a_file(config: Path) -> None:
    wanted = find_manifest(str(config))
    labels = config.with_name('labels.txt')
    for path in (config, labels):
        path.write_bytes(b'\xef\xbb\xbf' + path.read_bytes())
    assert find_manifest(str(config)) == wanted
    assert read_label_file(labels) == ('floor', 'wall', 'door')


@pytest.mark.parametrize(
    ('data', 'said'),
    [(b'x' * (1 << 20 | 1), 'is longer than'), (b'\xff', 'cannot be read'), (None, 'cannot be')],
)
def test_labels_that_cannot_be_taken_are_one_line(
    config: Path, data: bytes | None, said: str
) -> None:
    labels = config.with_name('labels.txt')
    labels.unlink()
    if data is not None:
        labels.write_bytes(data)
    with pytest.raises(ManifestError, match=rf"labelfile-path '.*labels\.txt' {said}") as caught:
        find_manifest(str(config))
    assert '\n' not in str(caught.value)
