"""How the four networks of Segment Anything 2 run, and where what they pass on lies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from .sam2_contract import typed
from .sam2_store import HostStore, MemorySizes, MemoryStore
from ..closing import Closing
from ..infer import Backend
from ..tensors import AnyArray, on_host, Tensors


class Work(Closing):
    """Each network gives what it finds to the host, where the next one takes it."""

    where = 'host'

    def run(self, network: Backend, given: Mapping[str, AnyArray]) -> Tensors:
        """Run a network whose answers the host looks at."""
        return network(typed(network, given))

    def keep(self, network: Backend, given: Mapping[str, AnyArray], held: int = 1) -> Tensors:
        """
        Run a network whose answers go to other networks.

        They are good until it runs again, or as long as somebody holds them where `held` says how
        many that may be.
        """
        return self.run(network, given)

    def stack(self, count: int, parts: Iterable[AnyArray]) -> AnyArray:
        """Return `count` arrays (1, …) as one, taking each before the next is asked for."""
        return np.concatenate([on_host(part) for part in parts])

    def store(self, sizes: MemorySizes) -> MemoryStore:
        """Return room for what is remembered."""
        return HostStore(sizes)

    def wait(self) -> None:
        """Wait for what the networks are still at."""

    def close(self) -> None:
        """Give back what was held for the networks."""
