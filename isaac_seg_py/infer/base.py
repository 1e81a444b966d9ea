"""The one seam behind which every inference library stands."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable, TYPE_CHECKING

import numpy.typing as npt

from ..closing import Closing
from ..errors import BackendError, TensorError
from ..tensors import on_host, Tensors, TensorSpec

if TYPE_CHECKING:
    from ..cuda import DeviceArray, Stream

Arrays = Mapping[str, npt.NDArray[Any]]


class Backend(Closing):
    """
    A network that is ready to run: tensors in, tensors out.

    The public call checks; a subclass fills `run` and `release`. Closing twice is harmless.
    One that sets `takes_device_arrays` is given a device's arrays as they are, others a copy on
    the host. `runs_at_once` is how many threads may run it at the same time, and gain by that;
    with 1 they take turns. `choice` says why this backend runs and no other.
    """

    name: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    choice = ''
    takes_device_arrays = False
    runs_at_once = 1
    _closed = False

    def __call__(self, tensors: Tensors) -> Tensors:
        """Run the network; the view of the image rides along."""
        if self._closed:
            raise BackendError(f'the {self.name} backend is closed; open it again to run it')
        return Tensors(self.run(self._fed(tensors)), tensors.view)

    @abstractmethod
    def run(self, inputs: Arrays) -> Arrays:
        """Run the network on checked arrays, one for each input."""

    def release(self) -> None:
        """Give back what the network holds; called once."""

    def close(self) -> None:
        """Give back what the network holds."""
        if not self._closed:
            self._closed = True
            self.release()

    def _fed(self, tensors: Tensors) -> Arrays:
        """Return a checked array for each input; one input takes one tensor whatever its name."""
        fed: dict[str, npt.NDArray[Any]] = {}
        for spec in self.inputs:
            alone = len(self.inputs) == 1 and len(tensors) == 1
            if not alone and spec.name not in tensors:
                raise TensorError(
                    f'no tensor {spec.name!r} came, only {", ".join(tensors)}; the model takes '
                    f'{"; ".join(map(str, self.inputs))}. Set input_tensor_names and '
                    'input_binding_names, or rename the tensor where it is made'
                )
            name = next(iter(tensors)) if alone else spec.name
            # An array of a device has those of numpy's attributes that are used here.
            array: Any = tensors.arrays[name]
            if not self.takes_device_arrays:
                array = on_host(array)
            if array.ndim + 1 == len(spec.shape):
                # Isaac ROS's planar encoder leaves the batch out, and its TensorRT node adds it.
                array = array.reshape((1, *array.shape))
            spec.check(array)
            fed[spec.name] = array
        return fed


@runtime_checkable
class DeviceBackend(Protocol):
    """A network whose work can be put on a CUDA stream: nothing is waited for or copied."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    def enqueue(
        self,
        stream: Stream,
        inputs: Mapping[str, DeviceArray],
        outputs: Mapping[str, DeviceArray],
    ) -> None:
        """Read the inputs and write the outputs on the stream; shapes are those of the arrays."""
