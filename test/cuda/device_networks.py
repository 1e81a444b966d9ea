"""Networks of ONNX Runtime's CPU that stand where those of a GPU do, and what opens them."""

from __future__ import annotations

from itertools import cycle

from isaac_seg_py.infer.base import Backend
from isaac_seg_py.infer.onnxrt import OnnxRuntimeBackend
import numpy as np


class FedNetwork(Backend):
    """Takes arrays where they lie and waits for nobody, as ONNX Runtime on a GPU does."""

    name = 'fed'
    takes_device_arrays = True

    def __init__(self, file, device):
        """Open a file; arrays are of that device, or of another device object of the same GPU."""
        self._network = OnnxRuntimeBackend(file, threads=1)
        self._device = device
        self.inputs, self.outputs = self._network.inputs, self._network.outputs

    def run(self, inputs):
        """Read what is in the memory now."""
        return self._network.run({name: self._now(array) for name, array in inputs.items()})

    def release(self):
        """Close the network."""
        self._network.close()

    def _now(self, array):
        if isinstance(array, np.ndarray):
            return array
        found = np.empty(array.shape, array.dtype)
        if self._is_recorded:
            return self._bytes(array).view(array.dtype).reshape(array.shape).copy()
        with self._device.stream() as stream:
            stream.copy_out(found, array)
            stream.synchronize()
        return found

    @property
    def _is_recorded(self):
        return self._device.binding == 'recording'

    def _bytes(self, array):
        return self._device.current().binding._bytes(array.pointer, array.nbytes)


class ChainedNetwork(FedNetwork):
    """Is put on a stream, as TensorRT is; on a recorded device it runs as late as all work."""

    name = 'chained'

    def __init__(self, file, device):
        """Open a file."""
        super().__init__(file, device)
        self._shapes = {}

    def run(self, inputs):
        """Wait until the inputs are there."""
        for array in inputs.values():
            if not isinstance(array, np.ndarray) and array.ready is not None:
                array.ready.synchronize()
        return super().run(inputs)

    def output_shapes(self, inputs, *, use=''):
        """Find the shapes by running the network once with each."""
        key = tuple(inputs[spec.name] for spec in self.inputs)
        if key not in self._shapes:
            given = {s.name: np.zeros(inputs[s.name], s.dtype) for s in self.inputs}
            found = self._network.run(given)
            self._shapes[key] = {name: array.shape for name, array in found.items()}
        return self._shapes[key]

    def enqueue(self, stream, inputs, outputs, *, use=''):
        """Read and write on the stream."""

        def work():
            found = self._network.run({n: self._now(array) for n, array in inputs.items()})
            for name, array in outputs.items():
                given = np.ascontiguousarray(found[name]).reshape(-1).view(np.uint8)
                if self._is_recorded:
                    self._bytes(array)[...] = given
                else:
                    stream.copy_in(array, given)
                    stream.synchronize()

        if self._is_recorded:
            self._device.current().binding._put(stream.handle, work)
        else:
            stream.synchronize()
            work()


def on_device(monkeypatch, device, *kinds):
    """Let the parts of SAM 2 be opened as these kinds, in turn; the tracker closes the device."""
    turn = cycle(kinds)
    monkeypatch.setattr(
        'isaac_seg_py.families.sam2_opening.open_backend',
        lambda file, **settings: next(turn)(file, device),
    )
    monkeypatch.setattr('isaac_seg_py.cuda.open_device', lambda index=0: device)
