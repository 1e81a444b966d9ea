"""The spine: encode, infer, decode."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from .closing import Closing
from .images import RawImage
from .infer import Backend
from .tensors import Tensors

Result = TypeVar('Result')


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

    def close(self) -> None:
        """Give back what the network holds; closing twice is harmless."""
        self.infer.close()
