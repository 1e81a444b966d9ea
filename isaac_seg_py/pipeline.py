"""The spine: encode, infer, decode."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from .closing import Closing
from .errors import TensorError
from .geometry import View
from .images import RawImage
from .infer import Backend
from .overlap import BESIDE, overlapped, Step
from .tensors import Array, Tensors

Result = TypeVar('Result')
Given = TypeVar('Given', covariant=True)


class Spine(Protocol[Given]):
    """A network with what goes before and after it, wherever the work is done."""

    @property
    def encode(self) -> Any:
        """Return what makes its input; it has a `config`."""

    @property
    def infer(self) -> Backend:
        """Return the network."""

    @property
    def decode(self) -> Any:
        """Return what reads its output; it has a `config`."""

    def __call__(self, image: RawImage, **wanted: bool) -> Given:
        """Take one image through the network."""

    def batch(
        self, images: Sequence[RawImage], *, most: int = 8, **wanted: bool
    ) -> Sequence[Given]:
        """Take several."""

    def stream(
        self, images: Iterable[RawImage], *, depth: int = 0, **wanted: bool
    ) -> Generator[Given, None, None]:
        """Take one after the other, several of which are on their way at once."""

    def close(self) -> None:
        """Give back what the network holds; closing twice is harmless."""


@dataclass(frozen=True)
class Pipeline(Closing, Generic[Result]):
    """One network with what goes before and after it."""

    encode: Callable[[RawImage], Tensors]
    infer: Backend
    decode: Callable[..., Result]

    def __call__(self, image: RawImage, **wanted: bool) -> Result:
        """Take one image through the network; `wanted` is for the decoder."""
        tensors: Tensors = self.encode(image)
        outputs = self.infer(tensors)
        return self.decode(outputs, **wanted)

    def batch(self, images: Sequence[RawImage], *, most: int = 8, **wanted: bool) -> list[Result]:
        """
        Take images through the network together, where it takes more than one.

        As many go at once as its batch axis holds; `most`, where the axis takes any number.
        """
        axis = self.infer.inputs[0].shape[0]
        size = axis if isinstance(axis, int) else most
        if size == 1:
            return [self(image, **wanted) for image in images]
        results: list[Result] = []
        for start in range(0, len(images), size):
            encoded = [self.encode(image) for image in images[start : start + size]]
            # A fixed axis is filled up with the last image.
            count = size if isinstance(axis, int) else len(encoded)
            outputs = self.infer(_together(encoded, count)).on_host()
            for item, tensors in enumerate(encoded):
                results.append(self.decode(_one(outputs, item, count, tensors.view), **wanted))
        return results

    def stream(
        self, images: Iterable[RawImage], *, depth: int = 0, **wanted: bool
    ) -> Generator[Result, None, None]:
        """
        Give the result of each image in order, while the next ones are on their way.

        `depth` images are, or where it is 0 those that the network runs at once and two more: one
        is encoded and one decoded meanwhile, in other threads.
        """
        runs = self.infer.runs_at_once
        steps = (
            Step(self.encode),
            Step(self.infer, min(runs, depth or runs)),
            Step(partial(self.decode, **wanted)),
        )
        return overlapped(images, steps, depth or runs + BESIDE)

    def close(self) -> None:
        """Give back what the network holds; closing twice is harmless."""
        self.infer.close()


def _together(encoded: Sequence[Tensors], count: int) -> Tensors:
    """Return the first tensors of all, behind each other, and the last one again up to `count`."""
    name = next(iter(encoded[0]))
    first = [tensors[name][:1] for tensors in encoded]
    return Tensors({name: np.concatenate(first + first[-1:] * (count - len(first)))})


def _one(outputs: Mapping[str, Array], item: int, count: int, view: View | None) -> Tensors:
    """Return one image's part of the outputs."""
    for name, array in outputs.items():
        if array.ndim == 0 or len(array) != count:
            raise TensorError(
                f'output {name!r} has shape {list(array.shape)} for {count} images; the first '
                'axis must be that of the images. Take them one by one'
            )
    return Tensors({name: array[item : item + 1] for name, array in outputs.items()}, view)
