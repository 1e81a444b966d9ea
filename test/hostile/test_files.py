"""Manifests, labels, palettes and networks that are not what they should be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from isaac_seg_py.catalog.label_sets import read_color_file, read_label_file
from isaac_seg_py.catalog.manifest_reading import read_manifest
from isaac_seg_py.catalog.nvinfer import read_nvinfer
from isaac_seg_py.errors import SegmentationError
from isaac_seg_py.infer import open_backend
from isaac_seg_py.tensors import Tensors
from isaac_seg_py.user_files import read_yaml
import numpy as np
from onnx import helper, ModelProto, TensorProto
import pytest
import tiny_models

GOOD = """\
model: network.onnx
family: unet
labels: [nothing, person, car]
palette: [0, 0xff0000, 0x00ff00]
encode: {mean: [0.5, 0.5, 0.5], size: [240, 320]}
decode: {filter_mode: linear}
"""
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
        st.sampled_from(['../../etc/passwd', '/dev/zero', 'unet', '@x', '0x12', 'http://x']),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=8,
)  # fmt: skip
KEYS = (
    'model', 'family', 'labels', 'palette', 'encode', 'decode', 'infer', 'parts', 'sha256',
    'background', 'url',
)  # fmt: skip


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a network."""
    made = tmp_path_factory.mktemp('files')
    tiny_models.brightest_channel(made / 'network.onnx')
    return made


def refused_in_words(read: Any, path: Path) -> None:
    """Read a file; only an error of ours may come out, and in a few lines."""
    try:
        read(path)
    except SegmentationError as error:
        assert 0 < len(str(error)) < 4000


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=1))
def test_manifests_of_anything(folder: Path, content: dict[str, Any]) -> None:
    import yaml

    path = folder / 'any.yaml'
    path.write_text(yaml.safe_dump(content), encoding='utf-8')
    refused_in_words(read_manifest, path)


@given(st.integers(0, len(GOOD)), st.integers(0, 40), st.binary(max_size=12))
def test_manifests_with_a_damaged_place(folder: Path, at: int, cut: int, put: bytes) -> None:
    path = folder / 'damaged.yaml'
    content = GOOD.encode()
    path.write_bytes(content[:at] + put + content[at + cut :])
    refused_in_words(read_manifest, path)


@given(st.binary(max_size=300))
def test_labels_palettes_and_nvinfer_files_of_anything(folder: Path, content: bytes) -> None:
    path = folder / 'any.txt'
    path.write_bytes(content)
    for read in (read_label_file, read_color_file, read_nvinfer):
        refused_in_words(read, path)


def test_a_manifest_that_repeats_itself_without_end_is_refused(folder: Path) -> None:
    path = folder / 'laughs.yaml'
    lines = ['a: &a [x, x, x, x, x, x, x, x, x]']
    for before, name in zip('abcdefgh', 'bcdefghi', strict=True):
        lines.append(f'{name}: &{name} [{", ".join([f"*{before}"] * 9)}]')
    path.write_text('\n'.join([*lines, 'labels: *i']), encoding='utf-8')
    with pytest.raises(SegmentationError):
        read_manifest(path)


def test_a_manifest_or_parameter_file_of_megabytes_is_not_read(folder: Path) -> None:
    path = folder / 'large.yaml'
    path.write_text(f'{GOOD}# {"x" * (1 << 20)}\n', encoding='utf-8')
    with pytest.raises(SegmentationError, match='more than 1048576 bytes'):
        read_manifest(path)
    with pytest.raises(SegmentationError, match='characters of YAML came; 1048576 are accepted'):
        read_yaml(path, 'parameter file')


def test_a_manifest_runs_nothing(folder: Path) -> None:
    path = folder / 'code.yaml'
    mark = folder / 'mark'
    path.write_text(f'labels: !!python/object/apply:os.mkdir ["{mark}"]\n', encoding='utf-8')
    with pytest.raises(SegmentationError):
        read_manifest(path)
    assert not mark.exists()


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(0, 60), st.binary(max_size=12))
def test_networks_with_a_damaged_place(folder: Path, at: int, cut: int, put: bytes) -> None:
    content = (folder / 'network.onnx').read_bytes()
    at %= len(content)
    path = folder / 'damaged.onnx'
    path.write_bytes(content[:at] + put + content[at + cut :])
    try:
        network = open_backend(path, backend='onnxruntime')
    except SegmentationError as error:
        assert str(error)
        return
    with network:
        try:
            network(Tensors({network.inputs[0].name: np.zeros((1, 3, 6, 8), np.float32)}))
        except SegmentationError as error:
            assert str(error)


@pytest.mark.parametrize('location', ['../secret.bin', 'link.bin', '{folder}/secret.bin'])
def test_a_network_reads_no_file_outside_of_its_folder(folder: Path, location: str) -> None:
    inside = folder / 'inside'
    inside.mkdir(exist_ok=True)
    secret = folder / 'secret.bin'
    secret.write_bytes(np.arange(4, dtype=np.float32).tobytes())
    link = inside / 'link.bin'
    if not link.is_symlink():
        link.symlink_to(secret)
    weights = TensorProto(name='w', data_type=TensorProto.FLOAT, dims=[1, 4])
    weights.data_location = TensorProto.EXTERNAL
    facts = {'location': location.format(folder=folder), 'offset': '0', 'length': '16'}
    for key, value in facts.items():
        entry = weights.external_data.add()
        entry.key, entry.value = key, value
    path = inside / 'network.onnx'
    path.write_bytes(network_with(weights).SerializeToString())
    with pytest.raises(SegmentationError, match='External data path'):
        open_backend(path, backend='onnxruntime')


def network_with(weights: TensorProto) -> ModelProto:
    """Make a network that adds some weights to what it is given."""
    graph = helper.make_graph(
        [helper.make_node('Add', ['x', 'w'], ['y'])],
        'adds',
        [helper.make_tensor_value_info('x', TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info('y', TensorProto.FLOAT, [1, 4])],
        [weights],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
