"""Several requests in one run of a network: inputs behind each other, outputs taken apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .base import Arrays, Backend
from ..buffers import BufferPool
from ..errors import TensorError


def rows_of(inputs: Arrays) -> int:
    """Return the common length of the first axis; 0 where there is none, as on a device."""
    arrays = inputs.values()
    if not all(isinstance(array, np.ndarray) and array.ndim for array in arrays):
        return 0
    lengths = {len(array) for array in arrays}
    return lengths.pop() if len(lengths) == 1 else 0


def fit_together(some: Arrays, others: Arrays) -> bool:
    """Say whether inputs of one network can lie behind each other."""
    return bool(rows_of(some) and rows_of(others)) and all(
        array.shape[1:] == others[name].shape[1:] for name, array in some.items()
    )


class Joining:
    """
    Runs a network once for several requests, in memory that is used again.

    `most` is how many rows go in one run: 1 where an input or output has a first axis of its own.
    """

    def __init__(self, network: Backend, most: int) -> None:
        """Take the network, which stays the caller's, and how many rows are wanted at most."""
        specs = (*network.inputs, *network.outputs)
        is_open = all(spec.shape and not isinstance(spec.shape[0], int) for spec in specs)
        self.most = most if is_open else 1
        self._network = network
        self._pools = {spec.name: BufferPool(network.runs_at_once) for spec in network.inputs}

    def run(self, requests: Sequence[Arrays]) -> list[Arrays]:
        """Return the outputs for each request, which fit together and are `most` rows or less."""
        counts = [rows_of(inputs) for inputs in requests]
        joined = {}
        for name, first in requests[0].items():
            # Room for the most, so that runs of more or fewer find the same memory.
            room = self._pools[name].take((self.most, *first.shape[1:]), first.dtype)
            joined[name] = room[: sum(counts)]
            np.concatenate([inputs[name] for inputs in requests], out=joined[name])
        return list(_shares(self._network.run(joined), counts))


def _shares(outputs: Arrays, counts: Sequence[int]) -> Iterator[Arrays]:
    """Give each request its part of the outputs, without a copy."""
    for name, array in outputs.items():
        if array.ndim == 0 or len(array) != sum(counts):
            raise TensorError(
                f'output {name!r} has shape {list(array.shape)} for {sum(counts)} images; the '
                'first axis must be that of the images. Set max_batch_size to 1'
            )
    start = 0
    for count in counts:
        yield {name: array[start : start + count] for name, array in outputs.items()}
        start += count
