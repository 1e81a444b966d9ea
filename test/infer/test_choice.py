"""Which backend runs, what is said of the others, and what TensorRT is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from isaac_seg_py.cuda.driver_library import driver_complaint
from isaac_seg_py.errors import BackendError, BackendUnavailable, ConfigError, ModelError
from isaac_seg_py.infer import choice, FakeBackend, open_backend, trt_opening
from isaac_seg_py.infer.opening import open_configured
from isaac_seg_py.infer_config import BACKENDS, InferConfig
import numpy as np
import pytest
import tiny_models

NO_GPU = bool(driver_complaint(0))
PACKAGES = {
    'tensorrt': 'pip install tensorrt',
    'tensorrt-rtx': 'pip install tensorrt-rtx-cu13',
    'onnxruntime-cuda': 'pip install onnxruntime-gpu',
    'onnxruntime-tensorrt': 'pip install onnxruntime-gpu',
    'onnxruntime-tensorrt-rtx': 'pip install onnxruntime-gpu',
}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tiny_models.doubler(tmp_path / 'model.onnx')


@pytest.mark.skipif(not NO_GPU, reason='this machine has a GPU')
def test_without_a_gpu_the_cpu_runs_and_one_reason_is_given(model: Path) -> None:
    with open_backend(model) as network:
        assert network.name == 'onnxruntime'
        assert network.choice == (
            'onnxruntime, the best here; not tensorrt, tensorrt-rtx, onnxruntime-cuda: '
            f'{driver_complaint(0)}'
        )


@pytest.mark.parametrize('backend', PACKAGES)
def test_an_explicit_choice_that_cannot_run_names_its_package(model: Path, backend: str) -> None:
    why = choice.why_not(backend)
    if not why:
        pytest.skip(f'{backend} runs here')
    with pytest.raises(BackendUnavailable, match=f'backend {backend} cannot run here') as caught:
        open_backend(model, backend=backend)
    named = PACKAGES[backend] in str(caught.value)
    assert named or 'driver' in str(caught.value)
    assert '\n' not in str(caught.value)


def test_every_backend_of_the_settings_is_known() -> None:
    for backend in set(BACKENDS) - {'auto'}:
        assert isinstance(choice.why_not(backend), str)


@pytest.mark.skipif(not NO_GPU, reason='this machine has a GPU')
def test_a_plan_without_tensorrt_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / 'net.plan').write_bytes(b'plan')
    with pytest.raises(BackendUnavailable, match=r'net\.plan.*not tensorrt, tensorrt-rtx: no '):
        open_backend(tmp_path / 'net.plan')


@pytest.mark.skipif(not NO_GPU, reason='this machine has a GPU')
def test_a_plan_alone_is_enough(tmp_path: Path) -> None:
    plan = tmp_path / 'net.plan'
    plan.write_bytes(b'plan')
    names = {'model_file_path': str(tmp_path / 'net.onnx'), 'engine_file_path': str(plan)}
    with pytest.raises(BackendUnavailable, match=r'net\.plan runs on the TensorRT that made it'):
        open_configured(InferConfig(**names))
    plan.unlink()
    with pytest.raises(ModelError, match=r'net\.onnx.*does not exist'):
        open_configured(InferConfig(**names))


def fake(name: str) -> FakeBackend:
    backend = FakeBackend(lambda given: given, inputs=[])
    backend.name = name
    return backend


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give what says which libraries a machine with a GPU has, and which fail on the model."""

    def made(missing: dict[str, str], failing: dict[str, Exception]) -> None:
        def opened(name: str, *_: Any) -> FakeBackend:
            if name in failing:
                raise failing[name]
            return fake(name)

        monkeypatch.setattr(choice, 'driver_complaint', lambda device: '')
        monkeypatch.setattr(choice, 'why_not', lambda name, device: missing.get(name, ''))
        monkeypatch.setattr(choice, '_open', opened)

    return made


@pytest.mark.parametrize(
    ('missing', 'chosen'),
    [
        ({}, 'tensorrt, the best here'),
        ({'tensorrt': 'a'}, 'tensorrt-rtx, the best here; not tensorrt: a'),
        (
            {'tensorrt': 'a', 'tensorrt-rtx': 'a'},
            'onnxruntime-cuda, the best here; not tensorrt, tensorrt-rtx: a',
        ),
        (
            {'tensorrt': 'a', 'tensorrt-rtx': 'b', 'onnxruntime-cuda': 'c'},
            'onnxruntime, the best here; not tensorrt: a; not tensorrt-rtx: b; '
            'not onnxruntime-cuda: c',
        ),
    ],
)
def test_the_best_comes_first(
    machine: Callable[..., None], model: Path, missing: dict[str, str], chosen: str
) -> None:
    machine(missing, {})
    assert open_backend(model).choice == chosen


def test_a_model_that_one_library_cannot_take_runs_in_the_next(
    machine: Callable[..., None], model: Path
) -> None:
    machine(
        {'tensorrt': 'it is not installed'},
        {'tensorrt-rtx': ModelError('no operator Magic'), 'onnxruntime-cuda': BackendError('c')},
    )
    said: list[str] = []
    network = open_backend(model, say=said.append)
    assert network.choice == (
        'onnxruntime, the best here; not tensorrt: it is not installed; '
        'not tensorrt-rtx: no operator Magic; not onnxruntime-cuda: c'
    )
    assert said == [
        'tensorrt-rtx cannot run model.onnx: no operator Magic',
        'onnxruntime-cuda cannot run model.onnx: c',
    ]


def test_the_error_of_the_last_one_is_the_users(machine: Callable[..., None], model: Path) -> None:
    failing = {name: ModelError(name) for name in choice.BEST_FIRST}
    machine({}, failing)
    with pytest.raises(ModelError) as caught:
        open_backend(model)
    assert str(caught.value) == 'onnxruntime'


def test_a_named_library_gives_its_own_error(machine: Callable[..., None], model: Path) -> None:
    machine({}, {'tensorrt': ModelError('no operator Magic')})
    with pytest.raises(ModelError, match='no operator Magic'):
        open_backend(model, backend='tensorrt')


@pytest.mark.parametrize(
    ('settings', 'precision'),
    [
        ({}, 'fp16'),
        ({'enable_fp16': False}, 'fp32'),
        ({'precision': 'bf16', 'enable_fp16': False}, 'bf16'),
        ({'precision': 'as_is'}, 'as_is'),
    ],
)
def test_the_precision_is_the_one_said_or_what_isaac_ros_says(
    model: Path, settings: dict[str, Any], precision: str
) -> None:
    options = trt_opening.engine_options(InferConfig(**settings), model)
    assert options.precision == precision


def test_the_settings_of_isaac_ros_reach_the_engine(model: Path, tmp_path: Path) -> None:
    (tmp_path / 'plugin.so').write_bytes(b'')
    (tmp_path / 'cache').write_bytes(b'')
    config = InferConfig(
        max_batch_size=8,
        max_workspace_size=1 << 20,
        dla_core=1,
        custom_plugin_lib=str(tmp_path / 'plugin.so'),
        int8_calibration_file=str(tmp_path / 'cache'),
    )
    options = trt_opening.engine_options(config, model)
    assert dict(options.profiles) == {'x': ((1, 2), (1, 2), (8, 2))}
    assert options.workspace_bytes == 1 << 20
    assert options.dla_core == 1
    assert options.plugin_libraries == (tmp_path / 'plugin.so',)
    assert options.int8_calibration_cache == tmp_path / 'cache'


def test_shapes_that_were_said_win_over_the_batch(model: Path, tmp_path: Path) -> None:
    config = InferConfig(engine_shapes=('x=1x2:3x2:4x2',), max_batch_size=2)
    options = trt_opening.engine_options(config, model)
    assert dict(options.profiles) == {'x': ((1, 2), (3, 2), (4, 2))}
    fixed = tiny_models.brightest_channel(tmp_path / 'fixed.onnx')
    assert dict(trt_opening.engine_options(InferConfig(), fixed).profiles) == {}
    with pytest.raises(ConfigError, match='not understood'):
        trt_opening.engine_options(InferConfig(engine_shapes=('x',)), model)


def test_long_work_is_said_at_once_then_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(trt_opening.time, 'monotonic', lambda: now)
    said: list[str] = []
    progress = trt_opening.spoken(said.append, 'it builds')
    for second in range(13):
        now = 100.0 + second
        progress(second / 12, f'step {second}')
    assert said == [
        'it builds: 0% after 0 s (step 0)',
        'it builds: 42% after 5 s (step 5)',
        'it builds: 83% after 10 s (step 10)',
        'it builds: 100% after 12 s (step 12)',
    ]


def test_the_choice_is_known_under_other_names_too(model: Path) -> None:
    from isaac_seg_py.infer.naming import renamed

    with renamed(open_backend(model, backend='onnxruntime'), input_tensors=['other']) as network:
        assert network.choice == 'onnxruntime, as asked for'
        assert np.dtype('float32') == network.inputs[0].dtype
