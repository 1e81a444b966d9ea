"""The CUDA layer on a real device, through each binding; also run on pretend_driver.c."""

from __future__ import annotations

import ctypes
import gc
import subprocess
import sys
from threading import Thread

from gpu_kernel import COUNT, numbers, SCALE, scale
from isaac_seg_py.cuda import DeviceArray, is_available, open_device
from isaac_seg_py.errors import BackendError, BackendUnavailable
import numpy as np
import pytest

pytestmark = pytest.mark.gpu


def test_a_device_says_what_it_is(gpu):
    assert gpu.name
    assert gpu.compute_capability >= (7, 5)
    assert gpu.driver_version >= (12, 0)
    free, total = gpu.memory()
    assert 0 < free <= total
    assert is_available(binding=gpu.binding) == (True, '')


@pytest.mark.parametrize('page_locked', [True, False])
def test_copies_come_back(gpu, page_locked):
    stream, buffer, other = gpu.stream(), gpu.allocate(4 * COUNT), gpu.allocate(4 * COUNT)
    given, result = numbers(), np.zeros(COUNT, np.float32)
    if page_locked:
        given, result = (gpu.pinned((COUNT,), np.float32).array for _ in range(2))
        given[:] = numbers()
    stream.copy_in(buffer, given)
    stream.copy(other, buffer, 4 * COUNT)
    stream.fill(buffer, 0)
    stream.copy_out(result, other)
    stream.synchronize()
    assert np.array_equal(result, numbers())


@pytest.mark.parametrize('dtype', ['f2', 'u1', '?', 'i8'])
def test_arrays_of_every_type_come_back(gpu, dtype):
    array = gpu.array((3, 5), dtype)
    given = (np.arange(15) % 2).reshape(3, 5).astype(dtype)
    stream = gpu.stream()
    stream.copy_in(array, given)
    array.ready = gpu.event()
    stream.record(array.ready)
    assert np.array_equal(array.numpy(), given)


def test_a_kernel_takes_one_structure(gpu):
    stream, buffer = gpu.stream(), gpu.allocate(4 * COUNT)
    result = np.zeros(COUNT, np.float32)
    stream.copy_in(buffer, numbers())
    scale(gpu, stream, buffer, 3.0)
    scale(gpu, stream, buffer, 2.0, count=10)
    stream.copy_out(result, buffer)
    stream.synchronize()
    expected = numbers() * 3
    expected[:10] *= 2
    assert np.array_equal(result, expected)


def test_threads_work_side_by_side(gpu):
    results = {}

    def work(number):
        stream, buffer = gpu.stream(), gpu.allocate(4 * COUNT)
        result = np.zeros(COUNT, np.float32)
        for _ in range(20):
            stream.copy_in(buffer, numbers())
            scale(gpu, stream, buffer, float(number))
            stream.copy_out(result, buffer)
            stream.synchronize()
        results[number] = result

    threads = [Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [0, 1, 2, 3]
    assert all(np.array_equal(results[n], numbers() * n) for n in results)


def test_a_thread_is_left_as_it_was(gpu):
    found = []

    def work():
        stream = gpu.stream()
        stream.fill(gpu.allocate(8), 0)
        stream.synchronize()
        with gpu.current():
            found.append(_current())
        found.append(_current())
        with open_device(binding=gpu.binding) as other:
            other.allocate(8)
        found.append(_current())

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert found[0] is not None
    assert found[1:] == [None, None]


def test_a_device_that_is_opened_twice_is_one(gpu):
    result = np.zeros(COUNT, np.float32)
    with open_device(binding=gpu.binding) as other:
        first, second = gpu.stream(), other.stream()
        buffer, written = gpu.allocate(4 * COUNT), other.event()
        first.copy_in(buffer, numbers())
        first.record(written)
        second.wait(written)
        scale(gpu, second, buffer, 4.0)
        with second.capture() as capture:
            second.fill(buffer, 0)
        second.copy_out(result, buffer)
        second.synchronize()
        capture.graph.launch(first)
        first.synchronize()
        assert not DeviceArray(gpu, buffer, (COUNT,), 'f4').numpy().any()
    assert np.array_equal(result, numbers() * 4)


def test_two_bindings_share_the_context(gpu):
    stream, buffer = gpu.stream(), gpu.allocate(4)
    stream.fill(buffer, 5)
    stream.synchronize()
    for binding in ('pycuda', 'cuda-python'):
        if is_available(binding=binding)[0]:
            with open_device(binding=binding) as other:
                assert DeviceArray(other, buffer, (4,), 'u1').numpy().tolist() == [5] * 4
                if binding != gpu.binding:
                    with pytest.raises(BackendError, match='the same binding'):
                        stream.wait(other.event())
    assert DeviceArray(gpu, buffer, (4,), 'u1').numpy().tolist() == [5] * 4


def test_calls_that_fail_say_what_and_why(gpu):
    with pytest.raises(BackendError, match=r'(?i)out of memory.*close what else runs'):
        gpu.allocate(1 << 45)
    with pytest.raises(BackendError, match='failed'):
        gpu.module(b'this is no kernel')
    with pytest.raises(BackendError, match='cuModuleGetFunction failed'):
        gpu.module(SCALE).kernel('none')
    with pytest.raises(BackendUnavailable, match='device 99 was asked for'):
        open_device(99)
    stream, buffer = gpu.stream(), gpu.allocate(4)
    stream.fill(buffer, 1)
    stream.synchronize()


def test_page_locked_memory_outlives_its_device(gpu):
    with open_device(binding=gpu.binding) as other:
        array = other.pinned((1 << 20,), np.uint8).array
    array.fill(3)
    assert array.sum() == 3 << 20
    del array
    gc.collect()


def test_other_libraries_see_an_array(gpu):
    cupy = pytest.importorskip('cupy', reason='CuPy, which would look at the array, is not here')
    array, stream = gpu.array((2, 3), np.float32), gpu.stream()
    stream.copy_in(array, numbers(6))
    array.ready = gpu.event()
    stream.record(array.ready)
    assert cupy.asnumpy(cupy.asarray(array)).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_process_ends_in_peace_with_everything_open(gpu):
    code = f"""if True:
        import sys
        import numpy as np
        from isaac_seg_py.cuda import open_device
        device = open_device(binding={gpu.binding!r})
        stream, buffer, event = device.stream(), device.allocate(8), device.event()
        with stream.capture() as capture:
            stream.fill(buffer, 1)
        held = device.pinned((100,), 'u1').array
        capture.graph.launch(stream)
        stream.record(event)
        print(device.array((2,), 'f4').numpy().shape)
    """
    done = subprocess.run(
        [sys.executable, '-W', 'error', '-c', code], capture_output=True, text=True, timeout=100
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, '(2,)\n', '')


def _current():
    context = ctypes.c_void_p()
    assert ctypes.CDLL('libcuda.so.1').cuCtxGetCurrent(ctypes.byref(context)) == 0
    return context.value
