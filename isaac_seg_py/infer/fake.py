"""Any function as a backend, for dry runs and tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .base import Arrays, Backend
from ..tensors import TensorSpec


class FakeBackend(Backend):
    """Calls a function where another backend would run a network."""

    name = 'fake'

    def __init__(
        self,
        function: Callable[[Arrays], Arrays],
        *,
        inputs: Sequence[TensorSpec],
        outputs: Sequence[TensorSpec] = (),
    ) -> None:
        """Take the function and what it expects and gives."""
        self._function = function
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)

    def run(self, inputs: Arrays) -> Arrays:
        """Call the function."""
        return self._function(inputs)
