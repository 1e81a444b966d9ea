"""What every test of CUDA may use."""

from __future__ import annotations

from pathlib import Path
import sys

# Makers that these tests share lie beside this file.
sys.path.insert(0, str(Path(__file__).parent))

from isaac_seg_py.cuda import Device, is_available, open_device
import pytest


@pytest.fixture
def recorder():
    """Return a binding that keeps the rules of a driver; the test fails when one was broken."""
    from recording_binding import RecordingBinding

    binding = RecordingBinding()
    yield binding
    assert binding.violations == []


@pytest.fixture
def device(recorder, monkeypatch):
    """Return a device over the recorder; all that is made on it is given back at the end."""
    _load_for_host(monkeypatch)
    with Device(recorder) as opened:
        yield opened


@pytest.fixture(params=['pycuda', 'cuda-python'])
def gpu(request):
    """Return the real device, through each binding."""
    yield from _real_device(request.param)


@pytest.fixture(
    params=[
        'recorder',
        'integrated',
        pytest.param('pycuda', marks=pytest.mark.gpu),
        pytest.param('cuda-python', marks=pytest.mark.gpu),
    ]
)
def any_device(request, monkeypatch):
    """Return a recorded device with memory of its own or shared, and the real one."""
    if request.param in ('pycuda', 'cuda-python'):
        yield from _real_device(request.param)
        return
    from recording_binding import RecordingBinding

    _load_for_host(monkeypatch)
    binding = RecordingBinding(integrated=request.param == 'integrated')
    with Device(binding) as opened:
        yield opened
    assert binding.violations == []


def _real_device(binding):
    ready, reason = is_available(binding=binding)
    if not ready:
        pytest.skip(reason)
    with open_device(binding=binding) as opened:
        yield opened


def _load_for_host(monkeypatch):
    """Let devices load this package's kernels by their names, as the recorder takes them."""
    monkeypatch.setattr(
        'isaac_seg_py.cuda.device.load_kernel',
        lambda device, name: device.module(name.encode()).kernel(name),
    )
