"""
An NVIDIA GPU: streams, memory, kernels, graphs, through PyCUDA or NVIDIA's cuda-python.

    with open_device() as device:
        stream, buffer = device.stream(), device.allocate(array.nbytes)
        stream.copy_in(buffer, array)
        stream.synchronize()
"""

from __future__ import annotations

from .array import DeviceArray, Stretch
from .device import Device
from .graph import Graph
from .memory import DeviceBuffer, PinnedArray
from .module import Kernel, Module
from .opening import is_available, open_device
from .room import Room
from .sender import Sender
from .stream import Event, Stream

__all__ = [
    'Device',
    'DeviceArray',
    'DeviceBuffer',
    'Event',
    'Graph',
    'Kernel',
    'Module',
    'PinnedArray',
    'Room',
    'Sender',
    'Stream',
    'Stretch',
    'is_available',
    'open_device',
]
