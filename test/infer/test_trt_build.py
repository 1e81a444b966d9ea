"""Real engines are built with TensorRT-RTX, which needs no GPU for it."""

from __future__ import annotations

from pathlib import Path

from attention_model import write_attention_model
from half_models import CHOICE, model_of, REPEAT
from isaac_seg_py.errors import ConfigError
from isaac_seg_py.infer.trt_build import build_engine
from isaac_seg_py.infer.trt_library import open_library, TrtLibrary
import numpy as np
import onnx
from onnx import numpy_helper
import pytest
import tiny_models
from trt_here import NEEDS_RTX, options, write

pytestmark = NEEDS_RTX
UNET = Path(__file__).parents[2] / 'models/tiny_unet.onnx'
SIZES = ((1, 3, 32, 32), (1, 3, 64, 96), (1, 3, 128, 128))


@pytest.fixture(scope='module')
def library() -> TrtLibrary:
    return open_library('tensorrt-rtx')


def test_the_unet_is_built_in_each_precision(library: TrtLibrary) -> None:
    built = {
        precision: build_engine(UNET, options(precision), library)
        for precision in ('fp32', 'tf32', 'fp16', 'bf16', 'as_is')
    }
    weights = {name: engine.facts['memory']['weights_bytes'] for name, engine in built.items()}
    assert weights['fp16'] == weights['bf16'] < 0.65 * weights['fp32']
    assert weights['tf32'] == weights['as_is'] == weights['fp32']
    assert set(built['fp32'].facts['layers']) == {'FLOAT'}
    for precision, kind in (('fp16', 'HALF'), ('bf16', 'BF16')):
        layers = built[precision].facts['layers']
        # All but the cast behind the last layer.
        assert layers['FLOAT'] == 1
        assert layers[kind] > 50
    for engine in built.values():
        (given,), (got,) = engine.facts['inputs'], engine.facts['outputs']
        assert given == {'name': 'image', 'dtype': 'FLOAT', 'shape': [1, 3, 240, 320]}
        assert got == {'name': 'scores', 'dtype': 'FLOAT', 'shape': [1, 7, 240, 320]}
        assert len(engine.plan) > engine.facts['memory']['weights_bytes']
        assert engine.facts['memory']['activation_bytes'] > 1e6


def test_tf32_and_fp32_are_told_to_the_library(library: TrtLibrary) -> None:
    trt = library.module
    builder = trt.Builder(library.log.handle)
    for precision, expected in (('fp32', False), ('tf32', True), ('fp16', False)):
        config = builder.create_builder_config()
        library.configure(builder, config, options(precision))
        assert config.get_flag(trt.BuilderFlag.TF32) is expected


@pytest.mark.parametrize('precision', ['fp32', 'fp16', 'bf16'])
def test_attention_of_any_size_is_built(
    library: TrtLibrary, tmp_path: Path, precision: str
) -> None:
    model = write_attention_model(tmp_path / 'attention.onnx')
    engine = build_engine(model, options(precision, profiles={'image': SIZES}), library)
    (given,), (got,) = engine.facts['inputs'], engine.facts['outputs']
    assert given['shape'] == [1, 3, -1, -1]
    assert got['shape'][:2] == [1, 5]
    kind = {'fp32': 'FLOAT', 'fp16': 'HALF', 'bf16': 'BF16'}[precision]
    assert engine.facts['layers'][kind] > 60


@pytest.mark.parametrize(
    ('capabilities', 'same'),
    [(('8.0', '8.6', '8.9', '12.0'), True), (('7.5',), False), ((), True)],
)
def test_engines_are_built_for_gpus_that_are_not_here(
    library: TrtLibrary, capabilities: tuple[str, ...], same: bool
) -> None:
    engine = build_engine(UNET, options('fp16', compute_capabilities=capabilities), library)
    one = build_engine(UNET, options('fp16'), library)
    # Turing has kernels of its own; the others share what is compiled at last where it runs.
    assert (abs(len(engine.plan) - len(one.plan)) < 50_000) is same


def test_free_axes_want_a_profile(library: TrtLibrary, tmp_path: Path) -> None:
    model = write_attention_model(tmp_path / 'attention.onnx')
    with pytest.raises(ConfigError, match=r"'image' has free axes \[1, 3, \?, \?\]"):
        build_engine(model, options(), library)
    batches = {'x': ((1, 2), (4, 2), (8, 2))}
    engine = build_engine(
        tiny_models.doubler(tmp_path / 'doubler.onnx'), options(profiles=batches), library
    )
    assert engine.facts['inputs'][0]['shape'] == [-1, 2]


def test_an_input_that_is_a_shape_takes_values(library: TrtLibrary, tmp_path: Path) -> None:
    model = write(
        tmp_path / 'size.onnx',
        """resized (float[1,1,8,8] image, int64[4] size) => (float[1,1,h,w] bigger)
        { bigger = Resize <mode = "nearest"> (image, , , size) }""",
    )
    values = {'size': ((1, 1, 8, 8), (1, 1, 16, 16), (1, 1, 32, 32))}
    engine = build_engine(model, options(profiles=values), library)
    assert engine.facts['outputs'][0]['name'] == 'bigger'
    with pytest.raises(ConfigError, match="'size'"):
        build_engine(model, options(), library)


def test_quantised_models_are_built_as_they_are(library: TrtLibrary, tmp_path: Path) -> None:
    path = write(
        tmp_path / 'int8.onnx',
        """int8 (float[1,4,8,8] x) => (float[1,4,8,8] y)
        <float s = {0.05}, float ws = {0.01}, int8 z = {0}>
        {
            xq = QuantizeLinear (x, s, z)
            xd = DequantizeLinear (xq, s, z)
            wq = QuantizeLinear (w, ws, z)
            wd = DequantizeLinear (wq, ws, z)
            y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (xd, wd)
        }""",
        opset=19,
    )
    model = onnx.load(str(path))
    weights = np.random.default_rng(800002).normal(0, 0.3, (4, 4, 3, 3)).astype(np.float32)
    model.graph.initializer.append(numpy_helper.from_array(weights, 'w'))
    onnx.save(model, str(path))
    engine = build_engine(path, options('fp16'), library)
    assert engine.facts['layers']['INT8'] == 2
    assert 'HALF' not in engine.facts['layers']


def test_large_weights_lie_beside_the_model(library: TrtLibrary, tmp_path: Path) -> None:
    path = tmp_path / 'split.onnx'
    onnx.save(
        onnx.load(str(UNET)), str(path), save_as_external_data=True, location='split.weights'
    )
    for precision in ('fp32', 'fp16'):
        split = build_engine(path, options(precision), library)
        whole = build_engine(UNET, options(precision), library)
        assert split.facts['memory'] == whole.facts['memory']


def test_progress_is_told_and_grows(library: TrtLibrary) -> None:
    told: list[tuple[float, str]] = []
    build_engine(UNET, options(), library, on_progress=lambda *step: told.append(step))
    parts = [part for part, _ in told]
    assert parts == sorted(parts)
    assert parts[0] < 0.2
    assert parts[-1] >= 0.8
    assert len({phase for _, phase in told}) >= 4


@pytest.mark.parametrize('precision', ['fp32', 'fp16', 'bf16'])
@pytest.mark.parametrize('text', [CHOICE, REPEAT], ids=['If', 'Loop'])
def test_choices_and_loops_are_built(
    library: TrtLibrary, tmp_path: Path, precision: str, text: str
) -> None:
    path = tmp_path / 'graph.onnx'
    onnx.save(model_of(text), str(path))
    layers = build_engine(path, options(precision), library).facts['layers']
    assert layers.get({'fp32': 'FLOAT', 'fp16': 'HALF', 'bf16': 'BF16'}[precision], 0) >= 5


@pytest.mark.parametrize('precision', ['fp32', 'fp16', 'bf16'])
def test_doubles_among_floats_are_built(
    library: TrtLibrary, tmp_path: Path, precision: str
) -> None:
    # As Mask2Former samples: the map in float, the places in double, which TensorRT narrows.
    model = write(
        tmp_path / 'sample.onnx',
        """sample (float[1,4,8,8] x, float[1,6,6,2] places) => (float[1,4,6,6] y)
        <double two = {2}, double one = {1}>
        {
            double = Cast <to = 11> (places)
            twice = Mul (double, two)
            grid = Sub (twice, one)
            a = Relu (x)
            sampled = GridSample (a, grid)
            y = Sigmoid (sampled)
        }""",
    )
    assert build_engine(model, options(precision), library).plan
