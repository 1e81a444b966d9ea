"""Segment Anything 2 on a device: what the networks pass on, and remember, stays there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
import logging
import math
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np

from .sam2_contract import typed
from .sam2_device_store import DeviceStore, Lane
from .sam2_store import MemorySizes, MemoryStore
from .sam2_work import Work
from ..cuda import DeviceArray, Room, Stream
from ..cuda.pool import DevicePool
from ..errors import BackendError
from ..infer import Backend
from ..tensors import AnyArray, on_host, Tensors, TensorSpec

# One context for all shapes: each takes memory, and objects come in many numbers.
_USE: Final = 'following'
_LOG: Final = logging.getLogger(__name__)

Shapes = dict[str, tuple[int, ...]]


@runtime_checkable
class ChainedBackend(Protocol):
    """A network that is put on a stream in any shapes, and says those of its outputs before."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    def output_shapes(self, inputs: Mapping[str, tuple[int, ...]], *, use: str = '') -> Shapes:
        """Return the shape of each output."""

    def enqueue(
        self,
        stream: Stream,
        inputs: Mapping[str, DeviceArray],
        outputs: Mapping[str, DeviceArray],
        *,
        use: str = '',
    ) -> None:
        """Read the inputs and write the outputs on the stream."""


class DeviceWork(Work):
    """
    The image's features, what is remembered, and what attention makes of both stay on a device.

    Networks that cannot be put on a stream (ONNX Runtime on a GPU) are given what lies on the
    device, and answer on the host.
    """

    where = 'device'

    def __init__(self, lane: Lane, dtypes: tuple[str, str], *, must: bool = True) -> None:
        """
        Take what is closed with this; `dtypes` are those of maps and pointers as recalled.

        Where the device is too small, what is remembered goes to the host unless it `must` fit.
        """
        self._lane, self._dtypes, self._must = lane, dtypes, must
        self._device, self._stream = lane.device, lane.stream
        self._rooms: dict[object, Room] = {}
        self._pools: dict[object, DevicePool] = {}
        self._shapes: dict[Backend, Shapes] = {}
        self._closed = False

    def run(self, network: Backend, given: Mapping[str, AnyArray]) -> Tensors:
        """Run a network whose answers the host looks at."""
        tensors = typed(network, given)
        if network.takes_device_arrays and not isinstance(network, ChainedBackend):
            # It has a stream of its own, and knows nothing of events.
            for array in tensors.arrays.values():
                if isinstance(array, DeviceArray) and array.ready is not None:
                    array.ready.synchronize()
        return network(tensors)

    def keep(self, network: Backend, given: Mapping[str, AnyArray], held: int = 1) -> Tensors:
        """Run a network whose answers go to other networks; they stay on the device."""
        if not isinstance(network, ChainedBackend):
            return self.run(network, given)
        inputs = self._there(network, given)
        shapes = {name: array.shape for name, array in inputs.items()}
        if self._shapes.get(network) != shapes:
            # What is under way was begun with the shapes before.
            self._stream.synchronize()
            self._shapes[network] = shapes
        made = network.output_shapes(shapes, use=_USE)
        outputs = {
            spec.name: self._output(network, spec, made[spec.name], held)
            for spec in network.outputs
        }
        with self._device.current():
            network.enqueue(self._stream, inputs, outputs, use=_USE)
        for array in outputs.values():
            self._written(array)
        return Tensors(outputs)

    def stack(self, count: int, parts: Iterable[AnyArray]) -> AnyArray:
        """Return `count` arrays (1, …) as one, taking each before the next is asked for."""
        stacked: DeviceArray | None = None
        for index, part in enumerate(parts):
            if count == 1:
                return part
            if stacked is None:
                shape, dtype = (count, *part.shape[1:]), part.dtype
                stacked = self._room('stack').array(shape, dtype, part.nbytes * self._lane.most)
            self._put(part, stacked.part(index))
        assert stacked is not None
        self._written(stacked)
        return stacked

    def store(self, sizes: MemorySizes) -> MemoryStore:
        """Return room for what is remembered, on the device."""
        try:
            return DeviceStore(self._lane, sizes, self._dtypes)
        except BackendError as error:
            if self._must:
                raise
            _LOG.warning('what is remembered of objects stays on the host: %s', error)
            self.where = 'host'
            return super().store(sizes)

    def wait(self) -> None:
        """Wait for what the networks are still at."""
        if not self._closed:
            self._stream.synchronize()

    def close(self) -> None:
        """Give back all that is on the device."""
        self._closed = True
        self._lane.close()

    def _there(self, network: Backend, given: Mapping[str, AnyArray]) -> dict[str, DeviceArray]:
        """Return a checked array of the device for each input."""
        found: dict[str, DeviceArray] = {}
        arrays: Mapping[str, Any] = typed(network, given).arrays
        for spec in network.inputs:
            array = arrays[spec.name]
            spec.check(array)
            if isinstance(array, np.ndarray):
                most = self._bytes_of_most(spec, array.shape)
                there = self._room((network, spec.name)).array(array.shape, array.dtype, most)
                self._lane.sender.send(self._stream, array, there)
                array = there
            elif array.ready is not None:
                self._stream.wait(array.ready)
            found[spec.name] = array
        return found

    def _output(
        self, network: Backend, spec: TensorSpec, shape: tuple[int, ...], held: int
    ) -> DeviceArray:
        if held > 1:
            key = network, spec.name
            if key not in self._pools:
                self._pools[key] = DevicePool(self._device, held)
            return self._pools[key].take(shape, spec.dtype)
        most = self._bytes_of_most(spec, shape)
        return self._room((network, spec.name)).array(shape, spec.dtype, most)

    def _bytes_of_most(self, spec: TensorSpec, shape: tuple[int, ...]) -> int:
        """Return what such an array takes when as many objects come as may."""
        count = shape[0] if isinstance(spec.shape[0], int) else self._lane.most
        return math.prod((count, *shape[1:])) * spec.dtype.itemsize

    def _room(self, key: object) -> Room:
        if key not in self._rooms:
            self._rooms[key] = Room(self._device)
        return self._rooms[key]

    def _put(self, array: AnyArray, target: DeviceArray) -> None:
        """Copy an array to its place, from wherever it lies."""
        if isinstance(array, DeviceArray):
            if array.ready is not None:
                self._stream.wait(array.ready)
            self._stream.copy(target, array, array.nbytes)
        else:
            self._lane.sender.send(self._stream, on_host(array), target)

    def _written(self, array: DeviceArray) -> None:
        assert array.ready is not None
        self._stream.record(array.ready)
