"""A context of a TensorRT engine: shapes in, shapes out, and putting its work on a stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TYPE_CHECKING

from .trt_library import TrtLibrary
from ..errors import BackendError, TensorError
from ..tensors import describe, TensorSpec

if TYPE_CHECKING:
    from ..cuda import Device, Stream

Shape = tuple[int, ...]


class TrtContext:
    """
    The shapes and the working memory of an engine at work.

    One stream at a time: what runs in a context on two streams would write over itself. A graph
    that was captured from it lives only as long as its shapes stay as they were.
    """

    def __init__(
        self,
        engine: Any,
        context: Any,
        inputs: Sequence[TensorSpec],
        outputs: Sequence[TensorSpec],
        library: TrtLibrary,
        device: Device,
        called: str,
    ) -> None:
        """Take an engine and the library's own context of it."""
        self._engine = engine
        self._context = context
        # The others have one shape for good, and profiles say nothing of them.
        self._free = tuple(spec.name for spec in inputs if None in spec.shape)
        self._outputs = tuple(spec.name for spec in outputs)
        self._library = library
        self._device = device
        self._called = called
        self._shapes: dict[str, Shape] = {}
        self._found_shapes: dict[str, Shape] = {}

    def output_shapes(self, stream: Stream, inputs: Mapping[str, Shape]) -> dict[str, Shape]:
        """Take the shapes of the inputs, and return those of the outputs."""
        if inputs == self._shapes:
            return self._found_shapes
        with self._device.current(), self._library.log.listening() as heard:
            self._set_shapes(stream, inputs)
            missing = self._context.infer_shapes()
            shapes = {n: tuple(self._context.get_tensor_shape(n)) for n in self._outputs}
            unknown = [name for name, shape in shapes.items() if any(dim < 0 for dim in shape)]
            if missing or unknown:
                raise BackendError(
                    f'{self._called} does not say the shape of {", ".join([*missing, *unknown])} '
                    f'before it runs ({heard.reason()}); export the model with outputs whose '
                    'shape follows from the input, or run it with the backend onnxruntime'
                )
            self._shapes, self._found_shapes = dict(inputs), shapes
            return shapes

    def enqueue(self, stream: Stream, pointers: Mapping[str, int]) -> None:
        """Put one run on a stream; `pointers` has the address of each tensor."""
        with self._device.current(), self._library.log.listening() as heard:
            for name, pointer in pointers.items():
                self._context.set_tensor_address(name, pointer)
            if not self._context.execute_async_v3(stream.handle):
                raise BackendError(
                    f'{self._library.name} did not run {self._called}: {heard.reason()}'
                )

    def drop(self) -> None:
        """Let go of the library's context; the device's context is current."""
        self._context = self._engine = None

    def _set_shapes(self, stream: Stream, inputs: Mapping[str, Shape]) -> None:
        # Until all is well, no shapes are set.
        self._shapes = {}
        profile = self._profile_for(inputs)
        if self._context.active_optimization_profile != profile:
            self._context.set_optimization_profile_async(profile, stream.handle)
            stream.synchronize()
        for name in self._free:
            if not self._context.set_input_shape(name, inputs[name]):
                raise TensorError(
                    f'{self._called} does not take {name!r} in shape {describe(inputs[name])}'
                )

    def _profile_for(self, inputs: Mapping[str, Shape]) -> int:
        """Return the first profile that takes these shapes."""
        told = []
        for profile in range(max(1, self._engine.num_optimization_profiles)):
            ranges = {
                name: list(map(tuple, self._engine.get_tensor_profile_shape(name, profile)))
                for name in self._free
            }
            if all(_within(inputs[name], shapes) for name, shapes in ranges.items()):
                return profile
            told.append(
                ', '.join(
                    f'{name} {describe(shapes[0])} to {describe(shapes[-1])}'
                    for name, shapes in ranges.items()
                )
            )
        came = ', '.join(f'{name} {describe(inputs[name])}' for name in self._free)
        raise TensorError(
            f'{came} came; the engine was built for {" or ".join(told)}. Set the network size of '
            'the encoder to fit, or build the engine for this shape (engine_shapes, --shape)'
        )


def _within(shape: Shape, ranges: Sequence[Shape]) -> bool:
    return len(shape) == len(ranges[0]) and all(
        low <= dim <= high for low, dim, high in zip(ranges[0], shape, ranges[-1], strict=True)
    )
