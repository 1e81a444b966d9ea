"""Pictures whose truth is known."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Sample:
    """
    A picture, (H, W, 3) uint8 RGB, with its truth.

    `labels` is the class of each pixel; `annotations` are COCO's of the objects, None where they
    are not told apart; they name the picture by `number`.
    """

    name: str
    number: int
    image: npt.NDArray[np.uint8]
    labels: Labels
    annotations: list[dict[str, Any]] | None = None


@dataclass
class DataSet(ABC):
    """
    Samples one after the other.

    `names` are those of the classes from 0, none where they are not known; `categories` those of
    the objects by COCO's numbers. `faults` names the pictures that could not be read.
    """

    names: tuple[str, ...] = ()
    categories: Mapping[int, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of samples."""

    @abstractmethod
    def __iter__(self) -> Iterator[Sample]:
        """Read them."""
