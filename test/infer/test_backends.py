"""The table of tiny models that every backend must pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from isaac_seg_py.errors import BackendError, ConfigError, ModelError, TensorError
from isaac_seg_py.geometry import View
from isaac_seg_py.infer import Backend, FakeBackend, open_backend
from isaac_seg_py.infer.naming import renamed
from isaac_seg_py.tensors import Tensors, TensorSpec
import numpy as np
import pytest
import tiny_models

# Those that read the file themselves, and the one whose server does.
GPU = ('tensorrt', 'tensorrt-rtx', 'onnxruntime-cuda', 'onnxruntime-tensorrt')
READERS = ['onnxruntime', *(pytest.param(name, marks=pytest.mark.gpu) for name in GPU)]
BACKENDS = [*READERS, 'triton']
Open = Callable[..., Backend]
PIXELS = np.arange(72, dtype=np.uint8).reshape(1, 4, 6, 3)
COLORS = np.linspace(-1, 1, 72, dtype=np.float32).reshape(1, 3, 4, 6)
TABLE = [
    ('doubler', {'x': [[1.0, -2.0], [3.5, 0.0]]}, {'y': [[2.0, -4.0], [7.0, 0.0]]}),
    (
        'sum_and_difference',
        {'b': [3.0, 4.0], 'a': [1.0, 2.0]},
        {'total': [4.0, 6.0], 'rest': [-2.0, -2.0]},
    ),
    ('highest_class', {'image': COLORS}, {'classes': np.full((1, 1, 4, 6), 2)}),
    ('last_axis_bytes', {'pixels': PIXELS}, {'same': PIXELS}),
]


def tensors(values: dict[str, object]) -> Tensors:
    """Make tensors of lists, which are float32, or arrays."""
    arrays = {
        k: v if isinstance(v, np.ndarray) else np.array(v, np.float32) for k, v in values.items()
    }
    return Tensors(arrays, View.identity((4, 6)))


@pytest.mark.parametrize('backend', BACKENDS)
@pytest.mark.parametrize(('name', 'given', 'expected'), TABLE, ids=[row[0] for row in TABLE])
def test_a_tiny_model_gives_the_known_answer(
    tmp_path: Path,
    open_on: Open,
    backend: str,
    name: str,
    given: dict[str, object],
    expected: dict[str, object],
) -> None:
    path = getattr(tiny_models, name)(tmp_path / 'model.onnx')
    with open_on(backend, path) as network:
        results = network(tensors(given))
    assert list(results) == list(expected)
    for key, value in expected.items():
        np.testing.assert_array_equal(results[key], value)
    assert results.view == View.identity((4, 6))


@pytest.mark.parametrize('backend', BACKENDS)
def test_only_the_outputs_asked_for_are_computed(
    tmp_path: Path, open_on: Open, backend: str
) -> None:
    path = tiny_models.sum_and_difference(tmp_path / 'model.onnx')
    with open_on(backend, path, outputs=['rest']) as network:
        assert list(network(tensors({'a': [1.0, 1.0], 'b': [0.0, 2.0]}))) == ['rest']


@pytest.mark.parametrize('backend', BACKENDS)
@pytest.mark.parametrize(
    ('given', 'said'),
    [
        ({'a': [1.0, 2.0], 'c': [1.0, 2.0]}, "no tensor 'b' came, only a, c"),
        ({'a': [1.0, 2.0, 3.0], 'b': [1.0, 2.0]}, r"'a' has shape \[3\]; the model expects \[2\]"),
        ({'a': np.zeros(2), 'b': [1.0, 2.0]}, "'a' is float64; the model expects float32"),
        ({'a': [[1.0, 2.0]], 'b': [1.0, 2.0]}, r'has shape \[1, 2\]'),
    ],
)
def test_a_wrong_tensor_is_named(
    tmp_path: Path, open_on: Open, backend: str, given: dict[str, object], said: str
) -> None:
    path = tiny_models.sum_and_difference(tmp_path / 'model.onnx')
    with open_on(backend, path) as network, pytest.raises(TensorError, match=said):
        network(tensors(given))


@pytest.mark.parametrize('backend', BACKENDS)
def test_a_single_input_takes_a_tensor_of_any_name_and_adds_the_batch(
    tmp_path: Path, open_on: Open, backend: str
) -> None:
    path = tiny_models.highest_class(tmp_path / 'model.onnx')
    with open_on(backend, path) as network:
        assert network(tensors({'input_tensor': COLORS[0]}))['classes'].shape == (1, 1, 4, 6)


@pytest.mark.parametrize('backend', READERS)
@pytest.mark.parametrize('content', [b'', b'no model', b'\x08\x08\x12\x00' * 50])
def test_a_damaged_file_is_an_error_of_the_model(
    tmp_path: Path, open_on: Open, backend: str, content: bytes
) -> None:
    path = tmp_path / 'damaged.onnx'
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r'damaged\.onnx'):
        open_on(backend, path)


@pytest.mark.parametrize('backend', READERS)
def test_a_missing_file_is_named(tmp_path: Path, open_on: Open, backend: str) -> None:
    with pytest.raises(ModelError, match='does not exist'):
        open_on(backend, tmp_path / 'none.onnx')


@pytest.mark.parametrize('backend', BACKENDS)
def test_a_missing_output_is_named(tmp_path: Path, open_on: Open, backend: str) -> None:
    path = tiny_models.doubler(tmp_path / 'model.onnx')
    with pytest.raises(ModelError, match='no output z; it has y'):
        open_on(backend, path, outputs=['z'])


@pytest.mark.parametrize('backend', BACKENDS)
def test_a_closed_backend_says_so_and_closes_twice(
    tmp_path: Path, open_on: Open, backend: str
) -> None:
    network = open_on(backend, tiny_models.doubler(tmp_path / 'model.onnx'))
    network.close()
    network.close()
    with pytest.raises(BackendError, match='closed'):
        network(tensors({'x': [[1.0, 2.0]]}))


def test_an_unknown_backend_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='cuda-magic'):
        open_backend(tiny_models.doubler(tmp_path / 'model.onnx'), backend='cuda-magic')


def test_other_names_lead_to_the_bindings(tmp_path: Path) -> None:
    network = renamed(
        open_backend(tiny_models.sum_and_difference(tmp_path / 'model.onnx')),
        input_tensors=['right', 'left'],
        input_bindings=['b', 'a'],
        output_tensors=['sum'],
    )
    with network:
        results = network(tensors({'left': [5.0, 5.0], 'right': [1.0, 2.0]}))
    np.testing.assert_array_equal(results['sum'], [6.0, 7.0])
    np.testing.assert_array_equal(results['rest'], [4.0, 3.0])


@pytest.mark.parametrize(
    ('more', 'said'),
    [
        ({'input_bindings': ['input_1']}, 'the model has no input input_1; it has x'),
        ({'output_tensors': ['one', 'two']}, 'output_tensor_names has 2 names'),
    ],
)
def test_names_that_lead_nowhere_are_refused(
    tmp_path: Path, more: dict[str, list[str]], said: str
) -> None:
    with (
        open_backend(tiny_models.doubler(tmp_path / 'model.onnx')) as network,
        pytest.raises(ModelError, match=said),
    ):
        renamed(network, **more)


def test_the_fake_backend_calls_a_function() -> None:
    spec = TensorSpec('x', (None, 2), np.dtype('float32'))
    with FakeBackend(lambda given: {'y': given['x'] + 1}, inputs=[spec]) as network:
        np.testing.assert_array_equal(network(tensors({'x': [[1.0, 2.0]]}))['y'], [[2.0, 3.0]])
