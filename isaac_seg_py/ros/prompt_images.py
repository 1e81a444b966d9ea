"""The images that prompts may mean, and what a network has made of some of them."""

from __future__ import annotations

from collections import deque, OrderedDict
from typing import Final

from std_msgs.msg import Header

from .packet import Packet
from ..errors import PromptError
from ..families.sam import Embedding, PromptedNetwork
from ..images import RawImage

Image = Packet[RawImage]
_MS: Final = 1_000_000


class NoImage(PromptError):
    """A prompt means an image that is not here."""


class ImageHistory:
    """The newest images, found by stamp: equal, or the nearest within a tolerance."""

    def __init__(self, most: int, tolerance_ms: float) -> None:
        """Take how many are kept, and how far apart stamps may be."""
        self._images: deque[Image] = deque(maxlen=most)
        self.tolerate(tolerance_ms)

    def tolerate(self, tolerance_ms: float) -> None:
        """Take how far apart stamps may be."""
        self._tolerance = round(tolerance_ms * _MS)

    def __len__(self) -> int:
        """Return how many images are here."""
        return len(self._images)

    @property
    def newest(self) -> Image | None:
        """Return the newest image."""
        return self._images[-1] if self._images else None

    def add(self, image: Image) -> None:
        """Keep an image; when time has jumped back, only that."""
        if self._images and nanoseconds(image.header) < nanoseconds(self._images[-1].header):
            self._images.clear()
        self._images.append(image)

    def is_behind(self, header: Header) -> bool:
        """Say whether an image of that stamp may still come."""
        newest = self.newest
        return newest is None or nanoseconds(newest.header) < nanoseconds(header)

    def find(self, header: Header) -> Image | None:
        """Return the image of a stamp, or the nearest within the tolerance."""
        nearest = self._nearest(header)
        if nearest is None or _apart(nearest.header, header) > self._tolerance:
            return None
        return nearest

    def has(self, header: Header) -> bool:
        """Say whether there is an image of exactly that stamp."""
        nearest = self._nearest(header)
        return nearest is not None and _apart(nearest.header, header) == 0

    def why_not(self, header: Header) -> NoImage:
        """Return why no image was found for a stamp."""
        seconds = nanoseconds(header) / 1e9
        said = f'no image within {self._tolerance / _MS:g} ms of {seconds:.3f}'
        nearest = self._nearest(header)
        if nearest is None:
            return NoImage(f'{said}: no image has come')
        away = _apart(nearest.header, header) / _MS
        return NoImage(f'{said}; the nearest is {away:.0f} ms away')

    def _nearest(self, header: Header) -> Image | None:
        return min(self._images, key=lambda image: _apart(image.header, header), default=None)


class Encoded:
    """What the network made of the images asked for last: each is encoded once."""

    def __init__(self, network: PromptedNetwork, most: int) -> None:
        """Take the network, and how many embeddings are kept."""
        self._network, self._most = network, most
        self._known: OrderedDict[int, tuple[Image, Embedding]] = OrderedDict()

    def __call__(self, image: Image) -> Embedding:
        """Return the embedding of an image."""
        # By the packet itself, which is kept as long: two images may have one stamp.
        known = self._known.pop(id(image), None)
        seen = known[1] if known else self._network.encode(image.value)
        self._known[id(image)] = image, seen
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        return seen


def nanoseconds(header: Header) -> int:
    """Return the stamp of a header."""
    return int(header.stamp.sec * 1_000_000_000 + header.stamp.nanosec)


def _apart(one: Header, other: Header) -> int:
    return abs(nanoseconds(one) - nanoseconds(other))
