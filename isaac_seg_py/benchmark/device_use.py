"""How busy an NVIDIA device is, and how full, by NVML."""

from __future__ import annotations

import ctypes
from typing import Any, Final

from ..closing import Closing

_LIBRARY: Final = 'libnvidia-ml.so.1'
_NAME_LENGTH: Final = 96


class _Use(ctypes.Structure):
    _fields_ = (('device', ctypes.c_uint), ('memory', ctypes.c_uint))


class _Memory(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_ulonglong) for name in ('total', 'free', 'used'))


class DeviceUse(Closing):
    """The first device of this machine; `DeviceUse.open()` gives None where there is none."""

    def __init__(self, library: Any, handle: ctypes.c_void_p) -> None:
        """Take the library, which is started, and the device."""
        self._library = library
        self._handle = handle
        self._closed = False

    @classmethod
    def open(cls, number: int = 0) -> DeviceUse | None:
        """Start NVML; return None where it, or the device, is missing."""
        try:
            library = ctypes.CDLL(_LIBRARY)
        except OSError:
            return None
        if library.nvmlInit_v2():
            return None
        handle = ctypes.c_void_p()
        if library.nvmlDeviceGetHandleByIndex_v2(number, ctypes.byref(handle)):
            library.nvmlShutdown()
            return None
        return cls(library, handle)

    @property
    def name(self) -> str:
        """Return what the device is called."""
        text = ctypes.create_string_buffer(_NAME_LENGTH)
        self._library.nvmlDeviceGetName(self._handle, text, _NAME_LENGTH)
        return text.value.decode()

    def read(self) -> tuple[float, float]:
        """Return per cent of the time in which it worked, and of its memory that is taken."""
        use = _Use()
        self._library.nvmlDeviceGetUtilizationRates(self._handle, ctypes.byref(use))
        used, there_is = self.memory()
        return float(use.device), 100 * used / max(there_is, 1)

    def memory(self) -> tuple[int, int]:
        """Return the bytes that are taken, by all processes, and those that there are."""
        memory = _Memory()
        self._library.nvmlDeviceGetMemoryInfo(self._handle, ctypes.byref(memory))
        return memory.used, memory.total

    def close(self) -> None:
        """End NVML; closing twice is harmless."""
        if not self._closed:
            self._closed = True
            self._library.nvmlShutdown()
