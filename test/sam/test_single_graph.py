"""The two networks of Segment Anything as one: the same masks, and NVIDIA's inputs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
from isaac_seg_py import PromptableSegmenter
from isaac_seg_py.catalog.manifest import Manifest
from isaac_seg_py.catalog.model_folders import find_manifest
from isaac_seg_py.cli.main import main
from isaac_seg_py.errors import ModelError
from isaac_seg_py.families.sam_single import as_one_network, single_network
from isaac_seg_py.infer import open_backend
from isaac_seg_py.infer.opening import open_configured
from isaac_seg_py.infer_config import InferConfig
from isaac_seg_py.scenes import make_scene
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest
from sam_networks import CONTRACTS, write_decoder, write_encoder

INPUTS = {
    'input_tensor': 'images', 'points': 'point_coords', 'labels': 'point_labels',
    'input_mask': 'mask_input', 'has_input_mask': 'has_mask_input',
    'orig_img_dims': 'orig_im_size',
}  # fmt: skip


@pytest.fixture(scope='module')
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give tiny-sam as one network, written by the command."""
    path = tmp_path_factory.mktemp('single') / 'one.onnx'
    assert main(['export', 'tiny-sam', '--single-graph', '--output', str(path)]) == 0
    return path


@pytest.fixture(scope='module')
def pair(file: Path) -> Iterator[tuple[PromptableSegmenter, PromptableSegmenter]]:
    """Give the two parts, and the one network under the manifest that was written beside it."""
    how = {'backend': 'onnxruntime', 'threads': 1}
    with (
        PromptableSegmenter.open('tiny-sam', **how) as parts,
        PromptableSegmenter.open(str(file.with_suffix('.yaml')), **how) as whole,
    ):
        yield parts, whole


def picture(size: tuple[int, int], seed: int = 812401) -> np.ndarray:
    """Make a scene with objects."""
    return make_scene(seed, size).image


@pytest.mark.parametrize('size', [(240, 320), (333, 201), (64, 65)])
@pytest.mark.parametrize('asked', ['boxes', 'points', 'several points', 'mask'])
def test_masks_and_ratings_are_those_of_the_parts(
    pair: tuple[PromptableSegmenter, PromptableSegmenter], size: tuple[int, int], asked: str
) -> None:
    image = picture(size)
    height, width = size
    points = [(width * 0.3, height * 0.6), (width * 0.7, height * 0.4)]
    given = {
        'boxes': {'boxes': [(1, 1, width * 0.6, height * 0.7), (9, 9, width - 2, height - 3)]},
        'points': {'points': points},
        'several points': {'points': [points], 'labels': [[1, 0]]},
        'mask': {'points': points[:1]},
    }[asked]
    answers = []
    for sam in pair:
        seen = sam.encode(image)
        if asked == 'mask':
            given = {**given, 'masks': [np.full((80, 80), 4, np.float32)]}
        answers.append(sam.ask(seen, **given))
    expected, found = answers
    np.testing.assert_array_equal(found.objects.masks, expected.objects.masks)
    np.testing.assert_allclose(found.objects.scores, expected.objects.scores, atol=1e-5)
    np.testing.assert_allclose(found.coarse, expected.coarse, atol=1e-3)
    assert expected.coarse.std() > 1


@pytest.mark.parametrize('size', [(240, 320), (201, 333), (64, 65), (320, 320), (37, 500)])
def test_masks_of_the_image_size_are_the_small_ones_grown(
    file: Path, pair: tuple[PromptableSegmenter, PromptableSegmenter], size: tuple[int, int]
) -> None:
    height, width = size
    scale = 320 / max(size)
    corners = np.float32(
        [[[2, 2], [width * 0.7, height * 0.6]], [[9, 9], [width - 2, height - 3]]]
    )
    fed = {
        'images': np.random.default_rng(812402).normal(0, 1, (1, 3, 320, 320)),
        'point_coords': corners * scale,
        'point_labels': [[2, 3]] * 2,
        'mask_input': np.zeros((1, 1, 80, 80)),
        'has_mask_input': [0],
        'orig_im_size': size,
    }
    with open_backend(file, backend='onnxruntime', threads=1) as network:
        came = network(Tensors({name: np.array(one, np.float32) for name, one in fed.items()}))
    assert came['iou_predictions'].shape == (2, 1)
    assert came['masks'].shape == (2, 1, *size)
    rows, columns = pair[0].encode(np.zeros((*size, 3), np.uint8)).view.content
    for small, large in zip(came['low_res_masks'][:, 0], came['masks'][:, 0], strict=True):
        # As Meta's code: to the canvas, and from its part that shows the image.
        shown = cv2.resize(small, (320, 320))[:rows, :columns]
        grown = cv2.resize(shown, (width, height))
        np.testing.assert_allclose(large, grown, atol=1e-4 * np.abs(small).max())


@pytest.mark.parametrize('outputs', [('iou_predictions', 'low_res_masks'), ()])
def test_an_inference_node_joins_the_parts_once_and_takes_isaac_ros_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outputs: tuple[str, ...]
) -> None:
    monkeypatch.setenv('ISAAC_SEG_ENGINES', str(tmp_path))
    asked = InferConfig(
        model='tiny-sam',
        backend='onnxruntime',
        threads=1,
        input_tensor_names=tuple(INPUTS),
        input_binding_names=tuple(INPUTS.values()),
        output_binding_names=outputs,
    )
    config = as_one_network(asked)
    made = Path(config.model_file_path)
    assert made.parent == tmp_path / 'joined'
    before = made.stat().st_mtime_ns
    assert as_one_network(asked) == config
    assert made.stat().st_mtime_ns == before
    with open_configured(config) as network:
        # What only masks of the image's size need is not missed.
        assert [one.name for one in network.inputs] == [*INPUTS][:-1]
        assert [one.name for one in network.outputs] == ['iou_predictions', 'low_res_masks']
    sized = as_one_network(InferConfig(model='tiny-sam', output_binding_names=('masks',)))
    with open_configured(sized) as network:
        assert 'orig_im_size' in [one.name for one in network.inputs]
        assert [one.name for one in network.outputs] == ['masks']


def test_other_models_stay_as_they_are() -> None:
    for name in ('tiny-unet', 'tiny-sam2'):
        config = InferConfig(model=name)
        assert as_one_network(config) is config


@pytest.mark.parametrize('kind', ['meta', 'meta-single', 'nanosam', 'ours'])
def test_published_decoders_are_joined(tmp_path: Path, kind: str) -> None:
    write_encoder(tmp_path / 'encoder.onnx')
    write_decoder(tmp_path / 'decoder.onnx', CONTRACTS[kind])
    path = tmp_path / 'pair.yaml'
    path.write_text(
        'name: pair\nfamily: sam\nfiles: {encoder: encoder.onnx, decoder: decoder.onnx}\n'
        'input: {name: image, size: [1024, 1024]}\n'
    )
    assert main(['export', str(path), '--single-graph', '--output', str(tmp_path / 'o.onnx')]) == 0
    batch = 'batch' if CONTRACTS[kind].batch else 1
    with open_backend(tmp_path / 'o.onnx', backend='onnxruntime', threads=1) as network:
        shapes = {one.name: one.shape for one in (*network.inputs, *network.outputs)}
    assert [*shapes][:6] == [*INPUTS.values()]
    assert shapes['mask_input'] == (1, 1, 256, 256)
    assert shapes['masks'] == (batch, 1, 'height', 'width')


@pytest.mark.parametrize('kind', ['edge', 'efficientvit'])
def test_a_decoder_that_takes_no_masks_is_not_joined(tmp_path: Path, kind: str) -> None:
    write_encoder(tmp_path / 'encoder.onnx')
    write_decoder(tmp_path / 'decoder.onnx', CONTRACTS[kind])
    path = tmp_path / 'pair.yaml'
    path.write_text('name: p\nfamily: sam\nfiles: {encoder: encoder.onnx, decoder: decoder.onnx}')
    with pytest.raises(ModelError, match='has no input mask_input, has_mask_input'):
        single_network(Manifest.read(path), sizes=False)


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['tiny-unet'], 'has no encoder and decoder of Segment Anything'),
        (['tiny-sam', '--output', 'THERE'], '--overwrite replaces it'),
        (['tiny-sam', '--output', 'one.engine'], 'a name that ends in .onnx'),
        (['tiny-sam', '--overwrite', '--output', 'FOLDER'], 'is a folder; choose the name of a'),
    ],
)
def test_an_error_is_one_line(
    file: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    folder = file.with_name('folder.onnx')
    folder.mkdir(exist_ok=True)
    names = {'THERE': str(file), 'FOLDER': str(folder)}
    words = [names.get(word, word) for word in words]
    assert main(['export', '--single-graph', *words]) == 2
    assert said in capsys.readouterr().err


def test_the_one_network_is_inspected(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['inspect', str(file)]) == 0
    said = capsys.readouterr().out
    assert 'one: 1 network' in said
    assert 'input     orig_im_size float32 [2]' in said
    assert 'prompts   points, boxes and masks' in said
    assert find_manifest(str(file)).everything == find_manifest('tiny-sam').everything
