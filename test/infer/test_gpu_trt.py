"""
TensorRT and TensorRT-RTX on a real GPU: what test_trt.py shows over a stand-in, and the numbers.

Run by `make test-gpu`; each test runs with each library that is installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from attention_model import write_attention_model
from isaac_seg_py.cuda import Device, is_available, open_device
from isaac_seg_py.errors import BackendUnavailable, TensorError
from isaac_seg_py.infer.engine_options import EngineOptions
from isaac_seg_py.infer.onnxrt import OnnxRuntimeBackend
from isaac_seg_py.infer.trt import TensorRtBackend
from isaac_seg_py.infer.trt_engine import for_gpu
from isaac_seg_py.infer.trt_library import open_library, TrtLibrary
from isaac_seg_py.scenes import make_scene
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest
import tiny_models

pytestmark = pytest.mark.gpu
UNET = Path(__file__).parents[2] / 'models/tiny_unet.onnx'
SIZES = {'image': ((1, 3, 32, 32), (1, 3, 64, 96), (1, 3, 128, 128))}
LIBRARIES = ('tensorrt', 'tensorrt-rtx')


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest) -> TrtLibrary:
    try:
        return open_library(request.param)
    except BackendUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture
def device(library: TrtLibrary) -> Iterator[Device]:
    ready, reason = is_available()
    if not ready:
        pytest.skip(reason)
    with open_device() as opened:
        try:
            for_gpu(EngineOptions(), library, opened.name, opened.compute_capability)
        except BackendUnavailable as error:
            pytest.skip(str(error))
        yield opened


@pytest.fixture(autouse=True)
def engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the engines of a test in a folder of its own."""
    monkeypatch.setenv('ISAAC_SEG_ENGINES', str(tmp_path / 'engines'))


def scene(seed: int) -> np.ndarray:
    """Return a scene as the tiny U-Net takes it."""
    image = make_scene(seed, size=(240, 320)).image.astype(np.float32) / 255
    return np.ascontiguousarray(((image - 0.5) / 0.5).transpose(2, 0, 1)[np.newaxis])


@pytest.mark.parametrize(
    ('precision', 'same', 'apart'),
    [('fp32', 0.9999, 1e-3), ('tf32', 0.999, 2e-2), ('fp16', 0.999, 2e-2), ('bf16', 0.995, 0.2)],
)
def test_the_unet_finds_what_it_finds_on_the_cpu(
    library: TrtLibrary, device: Device, precision: str, same: float, apart: float
) -> None:
    options = EngineOptions(precision=precision)
    with (
        OnnxRuntimeBackend(UNET) as truth,
        TensorRtBackend(UNET, options, library, device) as network,
    ):
        for seed in range(800010, 800014):
            tensors = Tensors({'image': scene(seed)})
            expected, got = truth(tensors)['scores'], network(tensors)['scores']
            assert got.dtype == np.float32
            assert np.mean(got.argmax(1) == expected.argmax(1)) >= same
            assert np.abs(got - expected).max() <= apart


@pytest.mark.parametrize(('precision', 'apart'), [('fp32', 1e-3), ('fp16', 1e-2)])
def test_attention_of_any_size_gives_the_same(
    library: TrtLibrary, device: Device, tmp_path: Path, precision: str, apart: float
) -> None:
    model = write_attention_model(tmp_path / 'attention.onnx')
    options = EngineOptions(precision=precision, profiles=SIZES)
    with (
        OnnxRuntimeBackend(model) as truth,
        TensorRtBackend(model, options, library, device) as network,
    ):
        for size in ((32, 32), (64, 96), (128, 128), (32, 32)):
            image = np.random.default_rng(800020).random((1, 3, *size), np.float32)
            expected = truth(Tensors({'image': image}))['scores']
            got = network(Tensors({'image': image}))['scores']
            assert np.abs(got - expected).max() <= apart * np.abs(expected).max()
        with pytest.raises(TensorError, match=r'\[1, 3, 256, 256\] came'):
            network(Tensors({'image': np.zeros((1, 3, 256, 256), np.float32)}))


def test_a_second_start_finds_the_engine_and_what_was_compiled(
    library: TrtLibrary, device: Device, tmp_path: Path
) -> None:
    steps: list[float] = []
    counts = []
    tensors = Tensors({'image': scene(800010)})
    results = []
    for _ in range(2):
        with TensorRtBackend(
            UNET, None, library, device, on_progress=lambda part, phase: steps.append(part)
        ) as network:
            results.append(network(tensors)['scores'])
        counts.append(len(steps))
    assert 0 < counts[0] == counts[1]
    np.testing.assert_array_equal(*results)
    if library.rtx:
        (kept,) = (tmp_path / 'engines').glob('*.runtime_cache')
        assert kept.stat().st_size > 0


def test_ten_thousand_frames_allocate_nothing(library: TrtLibrary, device: Device) -> None:
    with TensorRtBackend(UNET, None, library, device) as network:
        tensors = Tensors({'image': scene(800010)})
        first = network(tensors)['scores'].copy()
        for _ in range(50):
            network(tensors)
        free = device.memory()[0]
        for _ in range(10_000):
            last = network(tensors)['scores']
        assert device.memory()[0] == free
        np.testing.assert_array_equal(last, first)


def test_a_graph_gives_what_plain_runs_give(
    library: TrtLibrary, device: Device, tmp_path: Path
) -> None:
    model = write_attention_model(tmp_path / 'attention.onnx')
    options = EngineOptions(precision='fp16', profiles=SIZES)
    with TensorRtBackend(model, options, library, device) as network:
        stream = device.stream()
        kept = []
        for size in ((32, 32), (64, 96)):
            given = device.array((1, 3, *size), np.float32)
            found = device.array((1, 5, *size), np.float32)
            stream.copy_in(given, np.zeros(given.shape, np.float32))
            network.enqueue(stream, {'image': given}, {'scores': found})
            stream.synchronize()
            with stream.capture() as capture:
                network.enqueue(stream, {'image': given}, {'scores': found})
            kept.append((capture.graph, given, found))
        for graph, given, found in kept * 3:
            image = np.random.default_rng(800021).random(given.shape, np.float32)
            expected = network(Tensors({'image': image}))['scores']
            stream.copy_in(given, image)
            graph.launch(stream)
            stream.synchronize()
            np.testing.assert_array_equal(found.numpy(), expected)
        for graph, *_ in kept:
            graph.close()


def test_a_damaged_engine_is_built_again(
    library: TrtLibrary, device: Device, tmp_path: Path
) -> None:
    model = tiny_models.brightest_channel(tmp_path / 'model.onnx')
    image = np.random.default_rng(800022).random((1, 3, 6, 8), np.float32)
    options = EngineOptions(precision='fp32')
    for _ in range(2):
        with TensorRtBackend(model, options, library, device) as network:
            np.testing.assert_array_equal(network(Tensors({'image': image}))['scores'], image)
        (plan,) = (tmp_path / 'engines').glob('*.engine')
        plan.write_bytes(plan.read_bytes()[:-100])
