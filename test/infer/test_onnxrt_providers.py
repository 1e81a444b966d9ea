"""ONNX Runtime's other providers: what they are told, and bound memory, which the CPU has too."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from isaac_seg_py.cuda.driver_library import driver_complaint
from isaac_seg_py.errors import BackendError, BackendUnavailable, TensorError
from isaac_seg_py.infer import open_backend
from isaac_seg_py.infer.choice import why_not
from isaac_seg_py.infer.onnxrt_gpu import OnnxRuntimeGpuBackend, provider_options
from isaac_seg_py.infer_config import InferConfig
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest
import tiny_models

UNET = Path(__file__).parents[2] / 'models/tiny_unet.onnx'
CONFIG = InferConfig(threads=1)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv('ISAAC_SEG_ENGINES', str(tmp_path / 'engines'))
    return tmp_path / 'engines'


def test_bound_memory_gives_the_same_and_takes_nothing_back(
    random_numbers: np.random.Generator,
) -> None:
    frames = random_numbers.random((4, 1, 3, 240, 320), np.float32)
    with (
        open_backend(UNET, backend='onnxruntime', threads=1) as plain,
        OnnxRuntimeGpuBackend('onnxruntime', UNET, CONFIG) as bound,
    ):
        given = [Tensors({'image': frame}) for frame in frames]
        # All results are held to the end: none may be written over.
        pairs = [(plain(one)['scores'], bound(one)['scores']) for one in given]
        for one, other in pairs:
            np.testing.assert_array_equal(one, other)


def test_bound_memory_follows_shapes_and_outputs(tmp_path: Path) -> None:
    path = tiny_models.doubler(tmp_path / 'doubler.onnx')
    with OnnxRuntimeGpuBackend('onnxruntime', path, CONFIG) as network:
        for batch in (1, 3, 2):
            array = np.arange(2 * batch, dtype=np.float32).reshape(batch, 2)
            # Rows in reverse: memory that is not in one block.
            found = network(Tensors({'x': array[::-1]}))['y']
            np.testing.assert_array_equal(found, array[::-1] * 2)
    path = tiny_models.sum_and_difference(tmp_path / 'two.onnx')
    with OnnxRuntimeGpuBackend('onnxruntime', path, CONFIG, ['rest']) as network:
        pair = {'a': np.ones(2, np.float32), 'b': np.full(2, 3, np.float32)}
        found = network(Tensors(pair))
        assert list(found) == ['rest']
        np.testing.assert_array_equal(found['rest'], [-2, -2])
        with pytest.raises(TensorError, match="no tensor 'b'"):
            network(Tensors({'a': pair['a'], 'c': pair['b']}))


def test_another_stream_than_its_own_is_refused(tmp_path: Path) -> None:
    path = tiny_models.doubler(tmp_path / 'doubler.onnx')
    with (
        OnnxRuntimeGpuBackend('onnxruntime', path, CONFIG) as network,
        pytest.raises(BackendError, match='the stream that it was opened with'),
    ):
        network.enqueue(SimpleNamespace(handle=7), {}, {})


@pytest.mark.parametrize(
    ('name', 'settings', 'expected'),
    [
        ('onnxruntime-cuda', {'device': 2}, {'device_id': '2', 'user_compute_stream': '77'}),
        ('onnxruntime-tensorrt', {}, {'trt_fp16_enable': 'True', 'trt_bf16_enable': 'False'}),
        ('onnxruntime-tensorrt', {'precision': 'fp32'}, {'trt_fp16_enable': 'False'}),
        ('onnxruntime-tensorrt', {'precision': 'bf16'}, {'trt_bf16_enable': 'True'}),
        (
            'onnxruntime-tensorrt',
            {'dla_core': 1, 'max_workspace_size': 5},
            {'trt_dla_enable': 'True', 'trt_dla_core': '1', 'trt_max_workspace_size': '5'},
        ),
        ('onnxruntime-tensorrt-rtx', {'max_workspace_size': 5}, {'nv_max_workspace_size': '5'}),
    ],
)
def test_providers_are_told_what_the_settings_say(
    name: str, settings: dict[str, object], expected: dict[str, str]
) -> None:
    told = provider_options(name, InferConfig(**settings), 77)
    assert {key: told.get(key) for key in expected} == expected
    assert all(isinstance(value, str) for value in told.values())


def test_what_providers_keep_lies_with_the_other_engines(folder: Path) -> None:
    told = provider_options('onnxruntime-tensorrt', CONFIG, 0)
    assert told['trt_engine_cache_path'] == str(folder / 'onnxruntime')
    assert 'user_compute_stream' not in told


@pytest.mark.parametrize('name', ['onnxruntime-cuda', 'onnxruntime-tensorrt'])
def test_a_provider_that_does_not_start_is_not_replaced_in_silence(
    tmp_path: Path, name: str
) -> None:
    """Where the GPU package is installed without a GPU, ONNX Runtime would go on with the CPU."""
    if 'pip install' in why_not(name) or not driver_complaint(0):
        pytest.skip('needs onnxruntime-gpu on a machine without a GPU')
    path = tiny_models.doubler(tmp_path / 'doubler.onnx')
    with pytest.raises(BackendUnavailable, match='of ONNX Runtime did not start'):
        OnnxRuntimeGpuBackend(name, path, CONFIG)
    with pytest.raises(BackendUnavailable, match='driver'):
        open_backend(path, backend=name)


@pytest.mark.gpu
@pytest.mark.parametrize('name', ['onnxruntime-cuda', 'onnxruntime-tensorrt'])
def test_tiny_unet_gives_the_same_classes_on_a_gpu(
    name: str, random_numbers: np.random.Generator
) -> None:
    if reason := why_not(name):
        pytest.skip(reason)
    frame = Tensors({'image': random_numbers.random((1, 3, 240, 320), np.float32)})
    with (
        open_backend(UNET, backend='onnxruntime', threads=1) as plain,
        open_backend(UNET, backend=name, precision='fp32') as network,
    ):
        one, other = plain(frame)['scores'], network(frame)['scores']
    assert (one.argmax(1) == other.argmax(1)).mean() >= 0.999


@pytest.mark.gpu
def test_a_network_works_among_arrays_of_the_device_on_a_given_stream(
    random_numbers: np.random.Generator,
) -> None:
    if reason := why_not('onnxruntime-cuda'):
        pytest.skip(reason)
    from isaac_seg_py.cuda import DeviceArray, open_device

    image = random_numbers.random((1, 3, 240, 320), np.float32)
    with open_backend(UNET, backend='onnxruntime', threads=1) as plain:
        expected = plain(Tensors({'image': image}))['scores']
    with open_device() as device:
        stream = device.stream()
        given = DeviceArray(device, device.allocate(image.nbytes), image.shape, np.float32)
        made = DeviceArray(device, device.allocate(expected.nbytes), expected.shape, np.float32)
        with OnnxRuntimeGpuBackend(
            'onnxruntime-cuda', UNET, CONFIG, stream=stream.handle
        ) as network:
            stream.copy_in(given, image)
            network.enqueue(stream, {'image': given}, {'scores': made})
            stream.synchronize()
            np.testing.assert_allclose(made.numpy(), expected, atol=1e-3)
            np.testing.assert_allclose(
                network(Tensors({'image': given}))['scores'], expected, atol=1e-3
            )
