"""The spine on a device: what a frame needs is taken down once, and started with one call."""

from __future__ import annotations

from collections import deque, OrderedDict
from collections.abc import Generator, Iterable, Sequence
import logging
from typing import Any, Final

from .closing import Closing
from .config import DecodeConfig, EncodeConfig
from .cuda import Device
from .cuda_frames import FrameKind, Place
from .decode.cuda_labels import CudaLabelDecoder
from .encode.cuda_image import CudaImageEncoder
from .errors import BackendError, ConfigError
from .images import RawImage
from .infer import Backend
from .infer.base import DeviceBackend
from .masks import LabelImage

_LOG: Final = logging.getLogger(__name__)
_PLANS: Final = 4
"""Kinds of frames (size, encoding, what is wanted) that stay prepared."""
_HELD: Final = 4
"""Results of one kind that may be held at once; beyond, each frame allocates."""


class CudaPipeline(Closing):
    """
    A network with what goes before and after it, on one device and one stream.

    It is called as `Pipeline` is. For more frames per second at the cost of latency, with `depth`
    2: `submit` a frame while the one before is on its way, and take each `result` in that order.

    From the second frame of a kind on, graphs are replayed: copying in, preparing, the network,
    the masks and copying out are one call. A kind that comes once never pays for a graph.
    """

    def __init__(
        self,
        encode: CudaImageEncoder,
        infer: Backend,
        decode: CudaLabelDecoder,
        *,
        depth: int = 1,
        use_graphs: bool = True,
    ) -> None:
        """Chain the stages; raise ConfigError where they cannot be."""
        if depth < 1:
            raise ConfigError(f'depth is {depth}; it is 1 (latency), 2 (throughput) or more')
        if not isinstance(infer, DeviceBackend):
            raise ConfigError(
                f'the {infer.name} backend cannot be put on a CUDA stream; use the backend '
                'tensorrt, or Pipeline'
            )
        if len(infer.inputs) != 1:
            raise ConfigError(
                f'the network takes {"; ".join(map(str, infer.inputs))}; one image is expected'
            )
        if not decode.is_for_device:
            raise ConfigError('mix_colors is done on the host; use Pipeline')
        self.encode = encode
        self.infer = infer
        self.decode = decode
        self.depth = depth
        self.use_graphs = use_graphs
        """Whether graphs are used; False as well after the driver refused to make one."""
        self._network: DeviceBackend = infer
        self._stream = encode.device.stream()
        self._kinds: OrderedDict[Any, FrameKind] = OrderedDict()
        self._pending: deque[tuple[FrameKind, Place]] = deque()

    @classmethod
    def around(
        cls,
        network: Backend,
        encode: EncodeConfig,
        decode: DecodeConfig,
        *,
        device: Device | None = None,
        depth: int = 1,
    ) -> CudaPipeline:
        """Make the stages around a network, on a device or else the first one."""
        encoder = CudaImageEncoder(encode, device)
        try:
            decoder = CudaLabelDecoder(decode, encoder.device)
            return cls(encoder, network, decoder, depth=depth)
        except BaseException:
            encoder.close()
            raise

    def __call__(self, image: RawImage, **wanted: Any) -> LabelImage:
        """Take one image through the network; `wanted` is for the decoder."""
        self._expect_none()
        self.submit(image, **wanted)
        return self.result()

    def batch(
        self, images: Sequence[RawImage], *, most: int = 8, **wanted: Any
    ) -> list[LabelImage]:
        """Take several images through the network, one after the other."""
        return [self(image, **wanted) for image in images]

    def stream(
        self, images: Iterable[RawImage], *, depth: int = 0, **wanted: Any
    ) -> Generator[LabelImage, None, None]:
        """Give results as `Pipeline.stream` does; of depth 0, two frames are on their way."""
        self._expect_none()
        depth = depth or 2
        self.depth = max(self.depth, depth)
        source, fault = iter(images), None
        try:
            while fault is None:
                try:
                    self.submit(next(source), **wanted)
                except StopIteration:
                    break
                except Exception as error:  # Raised in its place: behind the results before it.
                    fault = error
                if len(self._pending) == depth:
                    yield self.result()
            while self._pending:
                yield self.result()
            if fault is not None:
                raise fault
        finally:
            self._let_go()

    def submit(self, image: RawImage, **wanted: Any) -> None:
        """Send one image on its way; up to `depth` may be there at once."""
        if len(self._pending) >= self.depth:
            raise BackendError(f'{self.depth} frames, the depth, are on their way: take a result')
        key = (image.size, image.encoding, tuple(sorted(wanted.items())))
        kind = self._kinds.get(key)
        if kind is None:
            kind = FrameKind(self.encode, self._network, self.decode, self._stream, wanted)
            place = kind.first_place(image)
            self._kinds[key] = kind
            if len(self._kinds) > _PLANS:
                # What is on its way of the oldest kind stays until its result is taken.
                self._kinds.popitem(last=False)
        else:
            self._kinds.move_to_end(key)
            place = kind.free_place(image, self.depth + _HELD)
            place.image.fill(image)
        self._start(kind, place)
        self._pending.append((kind, place))

    def result(self) -> LabelImage:
        """Wait for the oldest frame; raise TensorError when the network's output was bad."""
        if not self._pending:
            raise BackendError('no frame is on its way: submit one')
        kind, place = self._pending.popleft()
        while True:
            place.labels.passed.synchronize()
            place.in_flight = False
            result = self.decode.result(place.labels)
            if result is not None:
                return result
            # Class ids that did not fit: again, and from now on with room for more.
            place = kind.widened(place)
            self._start(kind, place)

    def close(self) -> None:
        """Give back what is held; closing twice is harmless."""
        self._let_go()
        for kind in self._kinds.values():
            kind.close()
        self._kinds.clear()
        self._stream.close()
        for stage in (self.infer, self.decode, self.encode):
            stage.close()

    def _expect_none(self) -> None:
        if self._pending:
            raise BackendError(f'{len(self._pending)} frames are on their way: take their results')

    def _let_go(self) -> None:
        """Wait for what is on its way, whose results nobody takes any more."""
        while self._pending:
            place = self._pending.popleft()[1]
            place.labels.passed.synchronize()
            place.in_flight = False

    def _start(self, kind: FrameKind, place: Place) -> None:
        if self.use_graphs and kind.has_run and place.graph is None:
            try:
                place.graph = kind.captured(place)
            except BackendError as error:
                self.use_graphs = False
                _LOG.warning('no CUDA graph can be made, which costs some time: %s', error)
        if place.graph is not None:
            place.graph.launch(self._stream)
        else:
            kind.enqueue(place)
        self._stream.record(place.labels.passed)
        place.in_flight = True
