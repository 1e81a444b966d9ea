"""The one seam behind which every inference library stands."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..closing import Closing
from ..errors import BackendError, TensorError
from ..tensors import Tensors, TensorSpec

Arrays = Mapping[str, npt.NDArray[Any]]


class Backend(Closing):
    """
    A network that is ready to run: tensors in, tensors out.

    The public call checks; a subclass fills `run` and `release`. Closing twice is harmless.
    """

    name: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
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
            array = next(iter(tensors.arrays.values())) if alone else tensors[spec.name]
            if array.ndim + 1 == len(spec.shape):
                # Isaac ROS's planar encoder leaves the batch out, and its TensorRT node adds it.
                array = array[np.newaxis]
            spec.check(array)
            fed[spec.name] = array
        return fed
