"""Both bindings, without a GPU: names that exist, and the GPU's tests on pretend_driver.c."""

from __future__ import annotations

import ast
from importlib.util import find_spec
import inspect
from pathlib import Path
import re
import shutil

from isaac_seg_py.cuda import is_available, open_device
from isaac_seg_py.cuda.binding import Binding
from isaac_seg_py.cuda.cuda_python_binding import CudaPythonBinding
from isaac_seg_py.cuda.programs import kernel_image, KERNELS
from isaac_seg_py.cuda.pycuda_binding import PycudaBinding
from isaac_seg_py.errors import BackendError, BackendUnavailable, ConfigError
import pretend_driver
import pytest
from recording_binding import RecordingBinding

HERE = Path(__file__).parent
MODULES = {'pycuda': 'pycuda', 'cuda-python': 'cuda.bindings'}


def is_installed(binding):
    try:
        return find_spec(MODULES[binding]) is not None
    except ModuleNotFoundError:
        return False


@pytest.fixture(scope='module')
def pretended(tmp_path_factory):
    """Return the folder of a driver that works in the memory of the host."""
    folder = tmp_path_factory.mktemp('driver')
    reason = pretend_driver.build(folder)
    if reason:
        pytest.skip(f'{reason} to build pretend_driver.c with')
    return folder


@pytest.mark.parametrize('kind', [CudaPythonBinding, PycudaBinding, RecordingBinding])
def test_a_binding_offers_what_the_interface_asks_for(kind):
    for name, method in inspect.getmembers(Binding, inspect.isfunction):
        if not name.startswith('_'):
            offered = inspect.signature(getattr(kind, name))
            assert list(offered.parameters) == list(inspect.signature(method).parameters), name


def test_every_name_of_cuda_python_exists():
    driver = pytest.importorskip('cuda.bindings.driver', reason='cuda-python is not installed')
    source = inspect.getsource(inspect.getmodule(CudaPythonBinding))
    texts = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    calls = {text for text in texts if isinstance(text, str) and re.fullmatch(r'cu[A-Z]\w+', text)}
    # Names behind a dot: cuEventQuery, CUresult.CUDA_ERROR_NOT_READY.
    calls |= set(re.findall(r'_driver\.(\w+)', source))
    assert len(calls) > 30
    assert [name for name in sorted(calls) if not hasattr(driver, name)] == []
    members = {
        'CUevent_flags': ('CU_EVENT_DISABLE_TIMING', 'CU_EVENT_BLOCKING_SYNC'),
        'CUdevice_attribute': tuple(
            f'CU_DEVICE_ATTRIBUTE_{text}' for text in texts
            if isinstance(text, str) and re.fullmatch(r'[A-Z]{3,}[A-Z_]+', text)
        ),
        'CUresult': ('CUDA_SUCCESS', 'CUDA_ERROR_NOT_READY'),
        'CUstreamCaptureMode': ('CU_STREAM_CAPTURE_MODE_THREAD_LOCAL',),
        'CUstream_flags': ('CU_STREAM_NON_BLOCKING',),
    }  # fmt: skip
    assert len(members['CUdevice_attribute']) == 4
    for owner, names in members.items():
        for name in names:
            assert name in source or name.startswith('CU_DEVICE'), name
            assert hasattr(getattr(driver, owner), name), name


def run_gpu_tests(folder, binding, *files, **environment):
    """Run what is marked gpu in those files on the pretended driver; return how many passed."""
    if not is_installed(binding):
        pytest.skip(f'{binding} is not installed')
    done = pretend_driver.run(
        folder, '-m', 'pytest', '-q', '-p', 'no:cacheprovider', '-m', 'gpu',
        '-k', f'{binding} and not tensorrt',  # which finds out that this is no GPU
        *(str(HERE / file) for file in files), **environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return int(re.search(r'(\d+) passed', done.stdout)[1])


@pytest.mark.slow
@pytest.mark.parametrize('binding', list(MODULES))
def test_the_tests_of_the_gpu_pass_on_the_pretended_driver(pretended, binding):
    # All but CuPy's, to which no pretended memory can be shown.
    files = 'test_gpu_device.py', 'test_gpu_graphs.py'
    assert run_gpu_tests(pretended, binding, *files) >= 22


@pytest.mark.slow
@pytest.mark.parametrize('binding', list(MODULES))
def test_twins_and_pipeline_run_through_the_real_bindings(pretended, binding, monkeypatch):
    # Compiled here, because NVRTC does not bear the pretended driver in its process.
    monkeypatch.setenv('XDG_CACHE_HOME', str(pretended))
    try:
        for kernel in KERNELS:
            kernel_image(kernel, pretend_driver.CAPABILITY)
    except BackendUnavailable as error:
        pytest.skip(str(error))
    if shutil.which('g++') is None:
        pytest.skip('g++ is not here, which compiles the kernels for the processor')
    pretend_driver.build_kernels(pretended)
    passed = run_gpu_tests(
        pretended, binding, 'test_twins.py', 'test_cuda_pipeline.py', 'test_cuda_networks.py',
        'test_sam2_store.py', 'test_sam2_device.py', 'test_sam2_work.py', 'test_sending.py',
    )  # fmt: skip
    assert passed >= 65


@pytest.mark.parametrize('closes', [True, False])
@pytest.mark.parametrize('binding', list(MODULES))
def test_at_the_end_nothing_is_left_in_the_driver(pretended, binding, closes):
    if not is_installed(binding):
        pytest.skip(f'{binding} is not installed')
    code = f"""if True:
        from isaac_seg_py.cuda import open_device
        device = open_device(binding={binding!r})
        stream, buffer, event = device.stream(), device.allocate(8), device.event()
        array = device.pinned((100,), 'u1').array
        with stream.capture() as capture:
            stream.fill(buffer, 1)
        module = device.module(b'.visible .entry')
        kernel = module.kernel('scale')
        if {closes}:
            device.close()
        del array
    """
    done = pretend_driver.run(pretended, '-W', 'error', '-c', code)
    assert (done.returncode, done.stderr) == (0, '')
    assert pretend_driver.left_over(pretended) == [0] * 8


def test_what_is_missing_is_named(pretended):
    code = """if True:
        from isaac_seg_py.cuda import is_available, open_device
        from isaac_seg_py.errors import BackendUnavailable
        print(is_available())
        try:
            open_device()
        except BackendUnavailable as error:
            print(error)
    """
    done = pretend_driver.run(pretended, '-c', code, PRETEND_DRIVER_EMPTY='1')
    available, error = done.stdout.splitlines()
    assert available.startswith('(False,')
    assert 'cuInit failed' in error


def test_a_binding_that_is_not_known_is_refused():
    with pytest.raises(ConfigError, match='expected one of auto, pycuda, cuda-python'):
        open_device(binding='opencl')
    assert is_available(binding='opencl')[0] is False


@pytest.mark.skipif(is_available()[0], reason='there is a device')
def test_without_a_device_the_error_says_what_to_do():
    available, reason = is_available()
    assert not available
    for error in (BackendUnavailable, BackendError, ImportError):
        with pytest.raises(error, match=r'Install|run on the CPU'):
            open_device()
    assert 'nstall' in reason
