"""A decoder that asks for the image's size is cut; TensorRT reads what is left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from isaac_seg_py.cli.main import main
from isaac_seg_py.errors import ModelError
from isaac_seg_py.export.cut import cut_sizes, names_sizes
from isaac_seg_py.families.sam_engine import part_settings
from isaac_seg_py.infer import open_backend
from isaac_seg_py.infer.engine_options import EngineOptions
from isaac_seg_py.infer.trt_build import build_engine
from isaac_seg_py.infer.trt_library import open_library
from isaac_seg_py.infer.trt_opening import engine_options
from isaac_seg_py.infer_config import InferConfig
from isaac_seg_py.tensors import Tensors
import numpy as np
import onnx
import pytest
from sam_networks import Contract, CONTRACTS, write_decoder
from trt_here import NEEDS_RTX

Printed = pytest.CaptureFixture[str]


def prompts(inputs: list[str]) -> Tensors:
    """Give a box to find in an image of 60x90."""
    random = np.random.default_rng(800_004)
    given = {
        'image_embeddings': random.random((1, 256, 64, 64)),
        'point_coords': np.array([[[200.0, 300.0], [500.0, 700.0]]]),
        'point_labels': np.array([[2.0, 3.0]]),
        'mask_input': np.zeros((1, 1, 256, 256)),
        'has_mask_input': np.zeros(1),
        'orig_im_size': np.array([60.0, 90.0]),
    }
    return Tensors({name: given[name].astype(np.float32) for name in inputs})


@pytest.mark.parametrize('name', ['meta', 'meta-single'])
def test_what_is_left_says_the_same(tmp_path: Path, name: str, capsys: Printed) -> None:
    whole, cut = tmp_path / 'decoder.onnx', tmp_path / 'decoder_cut.onnx'
    write_decoder(whole, CONTRACTS[name])
    assert main(['export', str(whole)]) == 0
    assert 'low_res_masks' in capsys.readouterr().out
    answers = []
    for file in (whole, cut):
        with open_backend(file, backend='onnxruntime', threads=1) as network:
            given = prompts([spec.name for spec in network.inputs])
            answers.append({k: np.array(v) for k, v in network(given).on_host().items()})
    assert set(answers[1]) == {'low_res_masks', 'iou_predictions'}
    assert answers[0]['masks'].shape[2:] == (60, 90)
    for output, values in answers[1].items():
        np.testing.assert_array_equal(values, answers[0][output])
    # Twice is once: there is no size left to take out, and nothing is written over.
    assert not names_sizes(cut)
    assert main(['export', str(cut)]) == 0
    assert 'is ONNX already' in capsys.readouterr().out
    assert main(['export', str(whole)]) == 2
    assert '--overwrite replaces it' in capsys.readouterr().err
    assert sorted(file.name for file in tmp_path.iterdir()) == ['decoder.onnx', 'decoder_cut.onnx']


def test_a_network_that_gives_nothing_but_large_masks_is_refused(tmp_path: Path) -> None:
    whole = tmp_path / 'decoder.onnx'
    write_decoder(whole, CONTRACTS['meta'])
    model = onnx.load(str(whole))
    while len(model.graph.output) > 1:
        del model.graph.output[1]
    onnx.save(model, str(whole))
    with pytest.raises(ModelError, match='export the decoder with low_res_masks'):
        cut_sizes(whole, tmp_path / 'cut.onnx')
    (tmp_path / 'no.onnx').write_bytes(b'no')
    with pytest.raises(ModelError, match='cannot be read as an ONNX model'):
        names_sizes(tmp_path / 'no.onnx')
    assert not list(tmp_path.glob('*cut*'))


def options_for(file: Path, part: str = 'decoder') -> EngineOptions:
    """Return what `open_sam` would build a part for."""
    infer = {'backend': 'tensorrt-rtx'}
    options = engine_options(InferConfig(**part_settings(part, file, infer, 32)), file)
    # For a GPU that is not here.
    return replace(options, compute_capabilities=('8.9',))


@NEEDS_RTX
def test_tensorrt_reads_the_decoder_once_it_is_cut(tmp_path: Path) -> None:
    library = open_library('tensorrt-rtx')
    whole, cut = tmp_path / 'decoder.onnx', tmp_path / 'cut.onnx'
    write_decoder(whole, CONTRACTS['meta'])
    cut_sizes(whole, cut)
    options = options_for(cut)
    with pytest.raises(ModelError, match='orig_im_size'):
        build_engine(whole, options, library)
    with pytest.raises(ModelError, match='writes a file without it'):
        options_for(whole)
    engine = build_engine(cut, options, library)
    assert [one['name'] for one in engine.facts['outputs']] == ['iou_predictions', 'low_res_masks']


@NEEDS_RTX
@pytest.mark.parametrize('name', ['nanosam', 'efficientvit', 'edge', 'ours'])
def test_a_decoder_is_built_for_any_number_of_points(tmp_path: Path, name: str) -> None:
    contract: Contract = CONTRACTS[name]
    file = tmp_path / 'decoder.onnx'
    write_decoder(file, contract)
    options = options_for(file)
    rows = 32 if contract.batch else 1
    assert options.precision == 'fp32'
    assert options.profiles['point_coords'] == ((1, 1, 2), (1, 2, 2), (rows, 16, 2))
    assert options.profiles['point_labels'] == ((1, 1), (1, 2), (rows, 16))
    engine = build_engine(file, options, open_library('tensorrt-rtx'))
    shapes = {one['name']: one['shape'] for one in engine.facts['inputs']}
    assert shapes['point_coords'] == [-1 if contract.batch else 1, -1, 2]


@NEEDS_RTX
def test_shapes_that_are_given_go_to_the_part_that_has_the_input(tmp_path: Path) -> None:
    file = tmp_path / 'decoder.onnx'
    write_decoder(file, CONTRACTS['nanosam'])
    infer = {
        'backend': 'tensorrt-rtx',
        'engine_shapes': ('image=1x3x64x64', 'point_coords=1x1x2:1x1x2:1x4x2'),
        'enable_fp16': True,
    }
    settings = part_settings('decoder', file, infer, 8)
    assert settings['engine_shapes'] == (
        'point_coords=1x1x2:1x1x2:1x4x2', 'point_labels=1x1:1x2:1x16',
    )  # fmt: skip
    # A precision that is asked for counts for both parts.
    assert 'precision' not in settings
    assert part_settings('decoder', file, {'backend': 'onnxruntime'}, 8) == {
        'backend': 'onnxruntime', 'precision': 'fp32',
    }  # fmt: skip
