"""Manifests: those that are shipped, what they may say, and what is refused."""

from __future__ import annotations

from pathlib import Path
import time

from isaac_seg_py.catalog.manifest import Manifest
from isaac_seg_py.catalog.model_folders import find_manifest
from isaac_seg_py.errors import ConfigError, ManifestError
from isaac_seg_py.families import FAMILIES
from isaac_seg_py.families.contract import decode_config
from isaac_seg_py.infer.manifest_check import verify_manifest
from manifest_texts import GOOD, PROMPTED, SHIPPED, written
import numpy as np
from onnx import helper, TensorProto
import pytest
import tiny_models


@pytest.mark.parametrize('name', SHIPPED)
def test_a_shipped_manifest_says_all_that_matters(name: str) -> None:
    manifest = SHIPPED[name].read()
    assert manifest.license
    assert manifest.source
    assert manifest.description
    fetched = all(part.url for part in manifest.all_parts.values())
    assert manifest.on_disk or fetched or manifest.export or manifest.how
    assert {'network_image_height', 'network_image_width'} <= set(manifest.encode)
    if manifest.family not in PROMPTED:
        assert manifest.family in FAMILIES
        assert manifest.labels
        assert len(manifest.palette) == len(manifest.labels)
        # Its settings are those of its family.
        decode_config(manifest)
    assert find_manifest(name).name == manifest.name


@pytest.mark.parametrize('name', SHIPPED)
def test_what_is_on_disk_is_as_its_manifest_says(name: str) -> None:
    manifest = SHIPPED[name].read()
    if manifest.on_disk:
        assert verify_manifest(manifest) == []


def test_every_checkpoint_of_the_field_is_there() -> None:
    sizes = '512x256 1024x512 2048x1024 576x320 864x480 512x320 640x360 320x320 512x400 640x512'
    segnets = [name for name in SHIPPED if name.startswith('fcn-resnet18')]
    assert {name.rpartition('-')[2] for name in segnets} == set(sizes.split())
    assert len(segnets) == 11
    for number in range(6):
        assert any(f'segformer-b{number}-finetuned-ade' in name for name in SHIPPED)
        assert any(f'segformer-b{number}-finetuned-cityscapes' in name for name in SHIPPED)
    for size in 'nsmlx':
        assert {f'yolov8{size}-seg', f'yolo11{size}-seg'} <= set(SHIPPED)


@pytest.mark.parametrize(
    'name',
    ['FCN_ResNet18_Cityscapes', 'fcn-resnet18-cityscapes', 'fcn_resnet18_cityscapes_512x256'],
)
def test_models_answer_to_all_their_names(name: str) -> None:
    assert find_manifest(name).name == 'fcn-resnet18-cityscapes-512x256'


def test_variants_have_what_they_share_and_what_is_their_own(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "family: unet\nfile: '{name}.onnx'\nsource: https://x/{name}\n"
        'input: {layout: NHWC, size: [1, 2]}\nlabels: [a]\nvariants:\n'
        '  one:\n  two: {input: {size: [3, 4]}, labels: [b, c]}\n',
    )
    one, two = Manifest.read(path, 'one'), Manifest.read(path, 'two')
    assert (one.name, one.file.name, one.source) == ('one', 'one.onnx', 'https://x/one')
    assert one.encode['network_image_width'] == 2
    assert two.encode == {
        'tensor_layout': 'NHWC', 'network_image_height': 3, 'network_image_width': 4,
    }  # fmt: skip
    assert (one.labels, two.labels) == (('a',), ('b', 'c'))
    with pytest.raises(ManifestError, match=r'describes 2 models; ask for one .* one, two'):
        Manifest.read(path)


BOMB = 'x: &a [l, l, l, l, l, l, l, l, l]\n' + ''.join(
    f'{one}: &{one} [{", ".join(["*" + before] * 9)}]\n'
    for before, one in zip('abcdefgh', 'bcdefghi', strict=True)
)


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        (GOOD + 'labels: [2001-99-99]\n', 'cannot be read'),
        (GOOD + f'labels: [{"9" * 5000}]\n', 'cannot be read'),
        ('[' * 20000, 'cannot be read'),
        (GOOD + '# ' + 'x' * (1 << 20), 'more than 1048576 bytes'),
        (BOMB + GOOD + 'labels: *i\n', 'an alias says all of its anchor again'),
        (BOMB + GOOD + 'input: *i\n', 'an alias says all of its anchor again'),
        (BOMB + GOOD + 'name: *i\n', 'an alias says all of its anchor again'),
        (GOOD + 'labels: [[a]]\n', 'one of the labels is a list'),
        (GOOD + 'labels: [no]\n', 'one of the labels is a bool False.* in quotes'),
        (GOOD + 'labels: [2001-01-01]\n', 'one of the labels is a date'),
        (GOOD + 'labels: 3\n', 'labels are a int'),
        (GOOD + 'labels: nowhere\n', "no labels 'nowhere'; known are ade20k"),
        (GOOD + 'labels: ../labels/voc\n', 'no labels'),
        (GOOD + 'labels: [a]\nlabels_file: l.txt\n', 'has labels and labels_file'),
        (GOOD + 'palette: [red]\n', 'color_palette'),
        (GOOD + 'sha256: 12\n', '64 hexadecimal digits'),
        (GOOD + 'sha256: ' + '0' * 64, 'in quotes'),
        (GOOD + 'url: http://x/y\n', 'begins with https://'),
        (GOOD + 'license: [a]\n', 'license is a list'),
        (GOOD + 'files: {a: b.onnx}\n', 'has no file'),
        ('name: n\nfamily: sam\nfiles: {a: {fiel: b}}\n', 'files.a has unknown fiel; did you me'),
        ('familie: unet\nfile: n\n', 'unknown familie; did you mean family. Known are aliases'),
        (GOOD + 'output: {max_prompts: 4}\npalette: [red]\n', 'color_palette'),
        (GOOD + 'everything: {points: 4}\n', 'unknown setting points'),
        (GOOD + 'everything: {points_per_side: 0}\n', 'points_per_side is 0'),
        (GOOD + 'infer: {precison: fp16}\n', 'infer has unknown precison'),
        (GOOD + 'infer: {precision: fp15}\n', 'precision'),
        (GOOD + 'output: {score_threshold: 2}\n', 'score_threshold is 2'),
        (GOOD + 'output: {score_threshold: 0.5, threshold: 0.5}\n', 'give only those of one'),
        ('family: unet\nfile: n\nname: ../../etc\n', 'cannot name a folder'),
        ('family: unet\nfile: n\nname: a/b\n', 'cannot name a folder'),
        ('variants: 3\n', 'variants are no names'),
        ('variants: {a: 3}\n', "variant 'a' is no names"),
    ],
)
def test_a_wrong_manifest_is_one_line_and_quick(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    begun = time.thread_time()
    with pytest.raises(ManifestError, match=said) as caught:
        Manifest.read(path)
    assert time.thread_time() - begun < 10
    assert '\n' not in str(caught.value)
    assert len(str(caught.value)) < 2000
    assert 'n.yaml' in str(caught.value)


def test_a_model_without_a_name_is_called_as_its_file(tmp_path: Path) -> None:
    path = written(tmp_path, 'family: unet\nfile: other.onnx\n')
    assert Manifest.read(path).name == 'n'


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    for path in (tmp_path, Path('/dev/zero')):
        with pytest.raises(ManifestError, match='is no file'):
            Manifest.read(path)
    with pytest.raises(ManifestError, match='does not exist'):
        Manifest.read(tmp_path / 'nothing.yaml')


@pytest.mark.parametrize('model', ['~nouser_here/x', '~nouser_here/x.yaml', '~nouser_here/x.onnx'])
def test_a_home_that_is_not_there_is_one_line(model: str) -> None:
    with pytest.raises(ConfigError, match='home folder that is not there'):
        find_manifest(model)


def test_settings_of_every_stage_may_be_given(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD + 'output: {filter_mode: point}\ninfer: {precision: fp32}\n')
    manifest = Manifest.read(path)
    assert manifest.decode == {'filter_mode': 'point'}
    assert manifest.infer == {'precision': 'fp32'}


def network(path: Path, given: list[int], *outputs: tuple[str, list[int], int]) -> None:
    """Write a network of constants, whose tensors are all that counts."""
    kinds = {TensorProto.FLOAT: np.float32, TensorProto.INT64: np.int64}
    info = helper.make_tensor_value_info
    tiny_models.write_model(
        path,
        [helper.make_node('Identity', [f'{name}_value'], [name]) for name, _, _ in outputs],
        [info('image', TensorProto.FLOAT, given)],
        [info(name, kind, shape) for name, shape, kind in outputs],
        {f'{name}_value': np.zeros(shape, kinds[kind]) for name, shape, kind in outputs},
    )


@pytest.mark.parametrize(
    ('lines', 'outputs', 'wrong'),
    [
        ('input: {name: image, size: [8, 12], layout: NCHW, dtype: float32, color: rgb}\n'
         'output: {name: y, kind: logits}\nlabels: [a, b]\n', [('y', [1, 2, 8, 12], 1)], []),
        ('input: {name: picture}\n', [('y', [1, 2, 8, 12], 1)],
         ['input is picture, the network takes image float32 [1, 3, 8, 12]']),
        ('input: {dtype: uint8}\n', [('y', [1, 2, 8, 12], 1)],
         ['input dtype is uint8, the network takes image float32 [1, 3, 8, 12]']),
        ('input: {size: [12, 8]}\n', [('y', [1, 2, 8, 12], 1)],
         ['the image is [?, ?, 12, 8], the network takes image float32 [1, 3, 8, 12]']),
        ('input: {color: gray, layout: NHWC}\n', [('y', [1, 2, 8, 12], 1)],
         ['the image is [?, ?, ?, 1], the network takes image float32 [1, 3, 8, 12]']),
        ('output: {name: z}\n', [('y', [1, 2, 8, 12], 1)],
         ['output is z, the network gives y float32 [1, 2, 8, 12]']),
        ('output: {kind: argmax}\n', [('y', [1, 2, 8, 12], 1)],
         ['output kind is argmax, the network gives y float32 [1, 2, 8, 12], '
          'which are no class ids']),
        ('output: {kind: softmax}\n', [('y', [1, 1, 8, 12], 7)],
         ['output kind is softmax, the network gives y int64 [1, 1, 8, 12], '
          'which are class ids']),
        ('labels: [a, b, c]\n', [('y', [1, 2, 8, 12], 1)],
         ['there are 3 labels, the network gives 2 classes (y float32 [1, 2, 8, 12])']),
        ('labels: [a, b, c]\noutput: {layout: NHWC}\n', [('y', [1, 8, 12, 3], 1)], []),
        ('labels: [a, b, c]\nfamily: yolo_seg\n',
         [('output0', [1, 11, 84], 1), ('output1', [1, 4, 2, 3], 1)], []),
        ('labels: [a]\nfamily: yolo_seg\n',
         [('output0', [1, 84, 11], 1), ('output1', [1, 4, 2, 3], 1)],
         ['there are 1 labels, the network gives 3 classes (output0 float32 [1, 84, 11])']),
        ('labels: [a, b, c]\nfamily: mask2former\n',
         [('class_queries_logits', [1, 9, 3], 1), ('masks_queries_logits', [1, 9, 2, 3], 1)],
         ['there are 3 labels, the network gives 2 classes '
          '(class_queries_logits float32 [1, 9, 3])']),
    ],
)  # fmt: skip
def test_a_network_that_is_not_as_its_manifest_says_is_told(
    tmp_path: Path, lines: str, outputs: list[tuple[str, list[int], int]], wrong: list[str]
) -> None:
    network(tmp_path / 'n.onnx', [1, 3, 8, 12], *outputs)
    family = '' if 'family' in lines else 'family: unet\n'
    path = written(tmp_path, f'name: n\nfile: n.onnx\n{family}{lines}')
    assert verify_manifest(Manifest.read(path)) == wrong
