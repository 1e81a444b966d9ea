"""Networks are exported in halves, and compared with PyTorch in the same run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from isaac_seg_py.catalog.manifest import Manifest
from isaac_seg_py.cli.main import main
from isaac_seg_py.errors import ModelError
from isaac_seg_py.export import export_recipe, Graph, Recipe
from isaac_seg_py.infer import open_backend
from isaac_seg_py.tensors import Tensors
import numpy as np
import onnx
import pytest
from trt_here import NEEDS_RTX, options
from video_networks import SIDE, small_model

pytestmark = pytest.mark.reference
TYPES = {'fp16': onnx.TensorProto.FLOAT16, 'bf16': onnx.TensorProto.BFLOAT16}
# Of the largest number; a half has 11 bits of a number, or 8.
CLOSE = {'fp16': 3e-3, 'bf16': 3e-2}


@pytest.fixture(scope='module')
def saved(torch: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save a small SAM 2 as transformers does."""
    folder = tmp_path_factory.mktemp('saved')
    small_model(torch, 5).save_pretrained(folder)
    return folder


@pytest.fixture(scope='module', params=['fp16', 'bf16'])
def manifest(saved: Path, request: pytest.FixtureRequest) -> Manifest:
    """Export it in halves, as a user does."""
    file = saved.parent / request.param / 'small.onnx'
    asked = ['export', str(saved), '--output', str(file), '--precision', request.param]
    assert main(asked) == 0
    return Manifest.read(file.with_suffix('.yaml'))


def test_all_four_compute_in_halves_and_take_float32(manifest: Manifest) -> None:
    precision = manifest.infer['precision']
    for part in manifest.parts.values():
        graph = onnx.load(str(part.file)).graph
        ends = {value.type.tensor_type.elem_type for value in (*graph.input, *graph.output)}
        assert not ends & set(TYPES.values())
        sizes = dict.fromkeys((TYPES[precision], onnx.TensorProto.FLOAT), 0)
        for tensor in graph.initializer:
            if tensor.data_type in sizes:
                sizes[tensor.data_type] += int(np.prod(tensor.dims))
        assert sizes[TYPES[precision]] > sizes[onnx.TensorProto.FLOAT]


def test_the_image_encoder_says_what_pytorch_says(
    torch: Any, saved: Path, manifest: Manifest
) -> None:
    import transformers

    model = transformers.Sam2VideoModel.from_pretrained(saved).eval()
    image = np.random.default_rng(800_031).standard_normal((1, 3, SIDE, SIDE)).astype(np.float32)
    with torch.no_grad():
        expected = model.vision_encoder(torch.from_numpy(image)).fpn_hidden_states[2].numpy()
    file, precision = manifest.part('image_encoder').file, manifest.infer['precision']
    if precision == 'bf16':
        with pytest.raises(ModelError, match='bfloat16'):
            open_backend(file, backend='onnxruntime')
        return
    with open_backend(file, backend='onnxruntime', threads=1) as network:
        found = network(Tensors({'image': image})).on_host()['vision_features']
    distance = np.abs(found - expected).max() / np.abs(expected).max()
    # Not the same as in float32, and not far from it.
    assert 1e-5 < distance < CLOSE[precision]


@NEEDS_RTX
def test_tensorrt_takes_the_files_as_they_are(manifest: Manifest) -> None:
    from isaac_seg_py.families.sam2_shapes import free_shapes
    from isaac_seg_py.infer.engine_options import parse_profile
    from isaac_seg_py.infer.trt_build import build_engine
    from isaac_seg_py.infer.trt_library import open_library
    from isaac_seg_py.track_config import TrackConfig

    file, library = manifest.part('memory_encoder').file, open_library('tensorrt-rtx')
    profiles = dict(map(parse_profile, free_shapes(file, TrackConfig())))
    engine = build_engine(file, options('as_is', profiles=profiles), library)
    kind = {'fp16': 'HALF', 'bf16': 'BF16'}[manifest.infer['precision']]
    assert engine.facts['layers'][kind] > engine.facts['layers']['FLOAT']


@pytest.mark.parametrize('precision', ['fp16', 'bf16'])
def test_what_a_half_cannot_hold_is_not_kept(torch: Any, tmp_path: Path, precision: str) -> None:
    class Steep(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, given: Any) -> Any:
            return ((given * 300) ** 3 / 1e7,)

    graph = Graph(Steep().eval(), {'x': torch.zeros(4, 64)}, ('y',))
    recipe, target = Recipe({'': graph}, {'family': 'deeplab'}), tmp_path / 'steep.onnx'
    if precision == 'bf16':
        # It has the range of a float32.
        done = export_recipe(recipe, target, name='', more={}, precision=precision)
        assert 1e-4 < done.differences[0].relative < CLOSE[precision]
        return
    with pytest.raises(ModelError, match=r'in fp16 differs from PyTorch: y .*inf'):
        export_recipe(recipe, target, name='', more={}, precision=precision)
    assert not list(tmp_path.iterdir())


def test_an_onnx_file_keeps_its_precision(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(['export', str(tmp_path / 'net.onnx'), '--precision', 'fp16']) == 2
    assert 'isaac-seg build' in capsys.readouterr().err
