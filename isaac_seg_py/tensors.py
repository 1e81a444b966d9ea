"""What travels between encode, infer and decode: named arrays and where the image lies on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from .errors import TensorError
from .geometry import View

Array = npt.NDArray[Any]
Dim = int | str | None


class AnyArray(Protocol):
    """An array wherever it lies: numpy's, or one in a device's memory that offers `numpy()`."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the length of each axis."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return the element type."""

    @property
    def ndim(self) -> int:
        """Return the number of axes."""

    @property
    def nbytes(self) -> int:
        """Return the size in bytes."""


@dataclass(frozen=True)
class TensorSpec:
    """
    What a network expects or gives: name, shape, element type.

    A dimension is a number, or a word or None where any size will do.
    """

    name: str
    shape: tuple[Dim, ...]
    dtype: np.dtype[Any]

    def check(self, array: AnyArray) -> None:
        """Raise TensorError unless the array fits."""
        if array.dtype != self.dtype:
            raise TensorError(
                f'tensor {self.name!r} is {array.dtype}; the model expects {self.dtype}. '
                "Set the encoder's output type, or the manifest's input dtype, to match"
            )
        fits = len(array.shape) == len(self.shape) and all(
            not isinstance(want, int) or got == want
            for got, want in zip(array.shape, self.shape, strict=True)
        )
        if not fits:
            raise TensorError(
                f'tensor {self.name!r} has shape {describe(array.shape)}; the model expects '
                f"{describe(self.shape)}. Set the encoder's network size and layout to match"
            )

    def __str__(self) -> str:
        """Show the spec as `name float32 [1, 3, 240, 320]`."""
        return f'{self.name} {self.dtype} {describe(self.shape)}'


@dataclass(frozen=True, eq=False)
class Tensors:
    """
    Named arrays in a fixed order, with the view of the image that they were made from.

    The arrays belong to whoever made them: read them, never write to them. `arrays` has them
    where they are; `tensors[name]` and `on_host` bring those of a device to the host.
    """

    arrays: Mapping[str, AnyArray]
    view: View | None = None

    def __post_init__(self) -> None:
        """Freeze the mapping."""
        object.__setattr__(self, 'arrays', MappingProxyType(dict(self.arrays)))

    def __getitem__(self, name: str) -> Array:
        """Return the array of that name, on the host."""
        try:
            return on_host(self.arrays[name])
        except KeyError:
            names = ', '.join(map(repr, self.arrays)) or 'none'
            raise TensorError(f'no tensor {name!r} came; the list has {names}') from None

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names in order."""
        return iter(self.arrays)

    def __len__(self) -> int:
        """Return the number of tensors."""
        return len(self.arrays)

    def __contains__(self, name: object) -> bool:
        """Say whether there is a tensor of that name."""
        return name in self.arrays

    def pick(self, name: str) -> Array:
        """Return the array of that name, or the only array whatever its name, on the host."""
        if len(self.arrays) == 1 and name not in self.arrays:
            return on_host(next(iter(self.arrays.values())))
        return self[name]

    def on_host(self) -> dict[str, Array]:
        """Return all arrays as numpy's."""
        return {name: on_host(array) for name, array in self.arrays.items()}


def on_host(array: AnyArray) -> Array:
    """Return an array as numpy's; one in a device's memory is waited for and copied."""
    if isinstance(array, np.ndarray):
        return array
    copied: Array = array.numpy()  # type: ignore[attr-defined]
    return copied


def describe(shape: tuple[Dim, ...]) -> str:
    """Write a shape as `[1, 3, 240, 320]`, with `?` where any size will do."""
    return '[' + ', '.join('?' if dim is None else str(dim) for dim in shape) + ']'
