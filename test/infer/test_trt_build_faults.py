"""What cannot be built, and builds that are stopped: one clear error, and the next one works."""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path
import threading

from isaac_seg_py.errors import BackendError, BackendUnavailable, ConfigError, ModelError
from isaac_seg_py.infer.trt_build import build_engine
from isaac_seg_py.infer.trt_library import open_library, TrtLibrary
import pytest
from trt_here import NEEDS_RTX, options, write

pytestmark = NEEDS_RTX
UNET = Path(__file__).parents[2] / 'models/tiny_unet.onnx'
SIZES = ((1, 3, 32, 32), (1, 3, 64, 96), (1, 3, 128, 128))


@pytest.fixture(scope='module')
def library() -> TrtLibrary:
    return open_library('tensorrt-rtx')


@pytest.mark.parametrize(
    ('more', 'said'),
    [
        ({'compute_capabilities': ('9.0',)}, 'compute capability 9.0; it builds for 7.5, 8.0'),
        ({'hardware_compatible': True}, 'name compute_capabilities for tensorrt-rtx'),
        ({'dla_core': 0}, 'finds 0 DLA cores'),
        ({'timing_cache': Path('times')}, 'timing_cache is for tensorrt'),
        (
            {'profiles': {'picture': SIZES}},
            'given for picture; the inputs are image',
        ),
        ({'profiles': {'image': SIZES}}, r'the model takes \[1, 3, 240, 320\]'),
    ],
)
def test_what_the_library_does_not_have_is_refused(
    library: TrtLibrary, more: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        build_engine(UNET, options(**more), library)


def test_calibrated_int8_and_what_is_no_library_are_refused(
    library: TrtLibrary, tmp_path: Path
) -> None:
    file = tmp_path / 'file'
    file.write_bytes(b'no library')
    with pytest.raises(ConfigError, match='export the model with them'):
        build_engine(UNET, options(int8_calibration_cache=file), library)
    with pytest.raises(ConfigError, match='cannot be loaded'):
        build_engine(UNET, options(plugin_libraries=(file,)), library)


@pytest.mark.parametrize('precision', ['fp32', 'fp16'])
def test_an_operator_that_is_not_known_is_named(
    library: TrtLibrary, tmp_path: Path, precision: str
) -> None:
    model = write(
        tmp_path / 'odd.onnx',
        'odd (float[2,2] x) => (float[2,2] y) { a = Relu (x)  y = acme.Whirl (a) }',
    )
    with pytest.raises(ModelError, match=r'odd\.onnx') as caught:
        build_engine(model, options(precision), library)
    assert '(Whirl)' in str(caught.value)
    assert 'plugin_libraries' in str(caught.value)
    assert 'onnxruntime' in str(caught.value)
    assert '\n' not in str(caught.value)


def test_a_network_that_does_not_fit_together_is_named(
    library: TrtLibrary, tmp_path: Path
) -> None:
    model = write(
        tmp_path / 'wrong.onnx',
        'wrong (float[2,3] x, float[2,3] z) => (float[2,3] y) { y = MatMul (x, z) }',
    )
    with pytest.raises(ModelError, match=r'node 0 .* \(MatMul\): .* must match'):
        build_engine(model, options(), library)


@pytest.mark.parametrize('content', [b'', b'no model', UNET.read_bytes()[:5000]])
def test_a_damaged_file_is_an_error_of_the_model(
    library: TrtLibrary, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / 'damaged.onnx'
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r'damaged\.onnx.*again'):
        build_engine(path, options(), library)
    with pytest.raises(ModelError, match='does not exist'):
        build_engine(tmp_path / 'none.onnx', options(), library)


def test_a_build_can_be_cancelled(library: TrtLibrary) -> None:
    cancel = threading.Event()
    told: list[float] = []

    def stop_halfway(part: float, phase: str) -> None:
        told.append(part)
        if part > 0.3:
            cancel.set()

    with pytest.raises(BackendError, match='was cancelled'):
        build_engine(UNET, options(), library, on_progress=stop_halfway, cancel=cancel)
    assert max(told) < 0.8
    # The library is as good as new.
    assert build_engine(UNET, options(), library).plan


@pytest.mark.parametrize('error', [KeyboardInterrupt(), OSError('the terminal is gone')])
def test_what_a_callback_raises_comes_out_of_the_build(
    library: TrtLibrary, error: BaseException
) -> None:
    def fail(part: float, phase: str) -> None:
        raise error

    with pytest.raises(type(error)):
        build_engine(UNET, options(), library, on_progress=fail)


def test_the_library_speaks_through_logging_and_not_of_errors_twice(
    library: TrtLibrary, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / 'damaged.onnx'
    path.write_bytes(b'no model')
    with caplog.at_level(logging.DEBUG), pytest.raises(ModelError):
        build_engine(path, options(), library)
    assert 'Failed to parse the ONNX model' in caplog.text
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.skipif(importlib.util.find_spec('tensorrt') is not None, reason='it is installed')
def test_a_missing_library_is_named() -> None:
    with pytest.raises(BackendUnavailable, match='pip install tensorrt') as caught:
        open_library('tensorrt')
    assert 'python3-libnvinfer' in str(caught.value)
    with pytest.raises(ConfigError, match='must be one of tensorrt, tensorrt-rtx'):
        open_library('tensorrt_rtx')
