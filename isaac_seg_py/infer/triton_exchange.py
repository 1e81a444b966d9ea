"""Tensors in memory that this process shares with a Triton server on the same host."""

from __future__ import annotations

from collections.abc import Mapping
import contextlib
import math
from multiprocessing.shared_memory import SharedMemory
import socket
import time
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .base import Arrays
from .triton_model import DTYPES
from ..buffers import BufferPool
from ..closing import Closing

Array = npt.NDArray[Any]

_ALIGNED: Final = 64
_RESULTS: Final = 4
# How long a server may take to let go of what it shares; a closing process waits for it.
_GOODBYE_S: Final = 1.5
_LEAST_S: Final = 0.05
_HERE: Final = ('localhost', '0.0.0.0', '::1', '[::1]')


class SharedExchange(Closing):
    """
    Room for inputs and outputs of one shape, which the server reads and writes itself.

    What is handed on is a copy, in memory that is used again when nobody holds it any more.
    """

    def __init__(self, library: Any, client: Any, inputs: Arrays, outputs: Arrays) -> None:
        """Make the memory and register it; raise what the server or the system say against it."""
        self._client = client
        self._shapes = {name: (array.shape, array.dtype) for name, array in inputs.items()}
        self._given = _Room(inputs)
        self._found = _Room(outputs)
        self._pools = {name: BufferPool(_RESULTS) for name in outputs}
        try:
            for room in (self._given, self._found):
                client.register_system_shared_memory(room.name, room.key, room.nbytes)
        except BaseException:
            self.close()
            raise
        self._inputs = [
            library.InferInput(name, list(array.shape), DTYPES[array.dtype.name])
            for name, array in inputs.items()
        ]
        self._outputs = [library.InferRequestedOutput(name) for name in outputs]
        for room, tensors in ((self._given, self._inputs), (self._found, self._outputs)):
            for tensor in tensors:
                place = room.places[tensor.name()]
                tensor.set_shared_memory(room.name, place.nbytes, place.offset)

    def fits(self, inputs: Arrays) -> bool:
        """Say whether the room is made for arrays like these."""
        return self._shapes == {name: (a.shape, a.dtype) for name, a in inputs.items()}

    def filled(self, inputs: Arrays) -> tuple[list[Any], list[Any]]:
        """Write the inputs; return inputs and outputs as a request wants them."""
        for name, array in inputs.items():
            np.copyto(self._given.view(name, array.shape, array.dtype), array)
        return self._inputs, self._outputs

    def results(self, answer: Any) -> dict[str, Array]:
        """Return copies of the outputs, in the shapes that the answer names."""
        found = {}
        for name, pool in self._pools.items():
            shape, dtype = tuple(answer.get_output(name).shape), self._found.places[name].dtype
            kept = found[name] = pool.take(shape, dtype)
            np.copyto(kept, self._found.view(name, shape, dtype))
        return found

    def close(self) -> None:
        """Take the memory back from the server, if it is there, and give it back."""
        until = time.monotonic() + _GOODBYE_S
        for room in (self._given, self._found):
            _unregister(self._client, room.name, until)
            room.close()


def _unregister(client: Any, name: str, until: float) -> None:
    """Have a server let go of some memory, which it keeps for ever if it is not told."""
    while True:
        left = max(until - time.monotonic(), _LEAST_S)
        try:
            client.unregister_system_shared_memory(name, client_timeout=left)
            return
        except Exception as error:
            # A server that is away, or was started anew, knows nothing of it; a busy one may
            # not answer in time.
            if 'UNAVAILABLE' in str(error) or time.monotonic() >= until:
                return
            time.sleep(_LEAST_S)


class _Place:
    def __init__(self, array: Array, offset: int) -> None:
        self.dtype, self.nbytes, self.offset = array.dtype, array.nbytes, offset


class _Room(Closing):
    """One piece of shared memory with a place for each of some tensors."""

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self.places: dict[str, _Place] = {}
        size = 0
        for name, array in arrays.items():
            self.places[name] = _Place(array, size)
            size += math.ceil(array.nbytes / _ALIGNED) * _ALIGNED
        self._memory = SharedMemory(create=True, size=max(size, _ALIGNED))
        self.nbytes = self._memory.size
        self.name = self._memory.name

    @property
    def key(self) -> str:
        """Return the name of the memory in the system."""
        return f'/{self.name.lstrip("/")}'

    def view(self, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return the place of a tensor as an array; let go of it before the room is closed."""
        offset = self.places[name].offset
        return np.ndarray(shape, dtype, buffer=self._memory.buf, offset=offset)

    def close(self) -> None:
        self._memory.close()
        with contextlib.suppress(FileNotFoundError):
            self._memory.unlink()


def is_this_host(url: str) -> bool:
    """Say whether the host of `host:port` is this one."""
    if url.startswith('unix:'):
        return True
    host = url.rpartition(':')[0] or url
    return host in (*_HERE, socket.gethostname()) or host.startswith('127.')
