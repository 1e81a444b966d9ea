"""Frames on their way through a network on a device: what each has, and what they share."""

from __future__ import annotations

from typing import Any

from .closing import Closing
from .cuda import Graph, Stream
from .decode.cuda_labels import CudaLabelDecoder
from .decode.cuda_stage import LabelStage
from .encode.cuda_image import CudaImageEncoder, ImageStage
from .errors import ConfigError
from .images import RawImage
from .infer.base import DeviceBackend
from .tensors import Tensors


class Place(Closing):
    """What one frame on its way has for itself: its pixels and its masks, on both sides."""

    def __init__(self, image: ImageStage, labels: LabelStage) -> None:
        """Take both ends of the way."""
        self.image = image
        self.labels = labels
        self.graph: Graph | None = None
        self.in_flight = False

    @property
    def is_free(self) -> bool:
        """Say whether another frame may come: none is on its way, and nobody holds the masks."""
        return not self.in_flight and self.labels.is_free

    def close(self) -> None:
        """Give the memory back; masks that somebody holds stay."""
        for held in (self.graph, self.image, self.labels):
            if held is not None:
                held.close()


class FrameKind(Closing):
    """Frames of one kind. They share the tensors between the stages, as they follow each other."""

    def __init__(
        self,
        encode: CudaImageEncoder,
        network: DeviceBackend,
        decode: CudaLabelDecoder,
        stream: Stream,
        wanted: dict[str, Any],
    ) -> None:
        """Allocate the tensors; raise TensorError or ConfigError where they do not fit."""
        self.has_run = False
        self._encode, self._network, self._decode = encode, network, decode
        self._stream = stream
        self._wanted = wanted
        device, taken = encode.device, network.inputs[0]
        self._tensor = device.array(encode.shape, encode.spec.dtype)
        taken.check(self._tensor)
        shapes = _output_shapes(network, {taken.name: encode.shape})
        self._outputs = {
            spec.name: device.array(shapes[spec.name], spec.dtype) for spec in network.outputs
        }
        self._inputs = {taken.name: self._tensor}
        chosen = decode.map_among(Tensors(self._outputs))
        self._map = next(array for array in self._outputs.values() if array is chosen)
        self._places: list[Place] = []

    def first_place(self, image: RawImage) -> Place:
        """Return a place that is filled with the first image, for which the network has run."""
        stage = self._encode.stage(image)
        stage.fill(image)
        # A network's first run may allocate, which a graph cannot; and what kind of scores it
        # gives may have to be seen.
        self._infer(stage)
        self._stream.synchronize()
        return self._kept(Place(stage, self._label_stage(stage)))

    def free_place(self, image: RawImage, limit: int) -> Place:
        """Return a place that nobody holds; beyond the limit one that vanishes."""
        for place in self._places:
            if place.is_free:
                return place
        stage = self._encode.stage(image)
        place = Place(stage, self._label_stage(stage))
        return self._kept(place) if len(self._places) < limit else place

    def widened(self, place: Place) -> Place:
        """Return a place for the same image whose labels hold more; others are forgotten."""
        self._places.clear()
        return self._kept(Place(place.image, self._label_stage(place.image)))

    def enqueue(self, place: Place) -> None:
        """Put the whole way of a frame on the stream."""
        self._infer(place.image)
        place.labels.enqueue(self._stream, self._map)
        self.has_run = True

    def captured(self, place: Place) -> Graph:
        """Return the whole way of a frame as a graph."""
        with self._stream.capture() as capture:
            self.enqueue(place)
        return capture.graph

    def close(self) -> None:
        """Give the memory back."""
        for place in self._places:
            place.close()
        self._places.clear()

    def _infer(self, stage: ImageStage) -> None:
        stage.enqueue(self._stream, self._tensor)
        with self._encode.device.current():
            self._network.enqueue(self._stream, self._inputs, self._outputs)

    def _label_stage(self, stage: ImageStage) -> LabelStage:
        return self._decode.stage(self._map, stage.view, **self._wanted)

    def _kept(self, place: Place) -> Place:
        self._places.append(place)
        return place


def _output_shapes(
    network: DeviceBackend, inputs: dict[str, tuple[int, ...]]
) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the outputs; a network whose specs leave them open can tell."""
    told = getattr(network, 'output_shapes', None)
    if told is not None:
        shapes: dict[str, tuple[int, ...]] = told(inputs)
        return shapes
    fixed = {}
    for spec in network.outputs:
        shape = tuple(dim for dim in spec.shape if isinstance(dim, int))
        if len(shape) != len(spec.shape):
            raise ConfigError(f'the size of {spec} is open; export the model with a fixed one')
        fixed[spec.name] = shape
    return fixed
