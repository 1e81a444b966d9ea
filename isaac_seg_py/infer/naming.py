"""Give a network's inputs and outputs other names, as Isaac ROS's launch files do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .base import Arrays, Backend
from ..errors import ModelError


class NamedBackend(Backend):
    """A backend whose tensors go by other names than the model's bindings."""

    def __init__(self, inner: Backend, *, inputs: dict[str, str], outputs: dict[str, str]) -> None:
        """Take the backend, and the tensor name of each binding that has another."""
        self._inner = inner
        self.name = inner.name
        self.choice = inner.choice
        self.takes_device_arrays = inner.takes_device_arrays
        self.runs_at_once = inner.runs_at_once
        self.inputs = tuple(replace(s, name=inputs.get(s.name, s.name)) for s in inner.inputs)
        self.outputs = tuple(replace(s, name=outputs.get(s.name, s.name)) for s in inner.outputs)
        self._binding = {tensor: binding for binding, tensor in inputs.items()}
        self._tensor = outputs

    def run(self, inputs: Arrays) -> Arrays:
        """Run the backend with the model's own names."""
        fed = {self._binding.get(name, name): array for name, array in inputs.items()}
        return {self._tensor.get(k, k): array for k, array in self._inner.run(fed).items()}

    def release(self) -> None:
        """Close the backend."""
        self._inner.close()


def renamed(
    backend: Backend,
    *,
    input_tensors: Sequence[str] = (),
    input_bindings: Sequence[str] = (),
    output_tensors: Sequence[str] = (),
    output_bindings: Sequence[str] = (),
) -> Backend:
    """Return the backend under other names; bindings left out are the model's, in order."""
    inputs = _pairs(
        'input', backend, [s.name for s in backend.inputs], input_tensors, input_bindings
    )
    outputs = _pairs(
        'output', backend, [s.name for s in backend.outputs], output_tensors, output_bindings
    )
    if not inputs and not outputs:
        return backend
    return NamedBackend(backend, inputs=inputs, outputs=outputs)


def _pairs(
    side: str, backend: Backend, known: list[str], tensors: Sequence[str], bindings: Sequence[str]
) -> dict[str, str]:
    unknown = [name for name in bindings if name not in known]
    if unknown:
        raise ModelError(
            f'the model has no {side} {", ".join(unknown)}; it has {", ".join(known)}. '
            f'Correct {side}_binding_names, or leave it empty'
        )
    if len(tensors) > len(bindings or known):
        raise ModelError(
            f'{side}_tensor_names has {len(tensors)} names; the model has {len(known)} {side}s: '
            f'{", ".join(known)}'
        )
    chosen = list(bindings) or known
    return {b: t for b, t in zip(chosen, tensors, strict=False) if b != t}
