"""One network in memory for all in this process who ask for the same, as several cameras do."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
import threading
from typing import Any, Final

from .base import Arrays, Backend
from .choice import open_chosen, Say
from ..infer_config import InferConfig

# What is laid around a network, which the network itself does not know of.
_NAMES: Final[dict[str, Any]] = {
    f'{side}_{kind}_names': () for side in ('input', 'output') for kind in ('tensor', 'binding')
}


@dataclass
class _Held:
    """A network, how many have it, and whose turn it is."""

    network: Backend
    turn: AbstractContextManager[Any]
    users: int = 0


_held: Final[dict[Hashable, _Held]] = {}
# Held while a network is opened too: who asks for the same meanwhile waits for it.
_lock: Final = threading.Lock()


class SharedBackend(Backend):
    """A share of a network, which is closed with the last of them."""

    def __init__(self, key: Hashable, held: _Held) -> None:
        """Take a share."""
        held.users += 1
        self._key, self._held = key, held
        network = held.network
        self.name, self.inputs, self.outputs = network.name, network.inputs, network.outputs
        self.takes_device_arrays = network.takes_device_arrays
        self.choice = network.choice
        if held.users > 1:
            self.choice += '; the network is in memory already, and shared'

    def run(self, inputs: Arrays) -> Arrays:
        """Run the network; where it can only do one at a time, wait for the others."""
        with self._held.turn:
            return self._held.network.run(inputs)

    def release(self) -> None:
        """Give the share back."""
        with _lock:
            self._held.users -= 1
            if self._held.users:
                return
            del _held[self._key]
        self._held.network.close()


def open_shared(model: Path, config: InferConfig, outputs: Sequence[str], say: Say) -> Backend:
    """Open a network as `open_chosen` does, or take a share of the same one."""
    if config.backend == 'triton' or not model.is_file():
        # A server has the network; and of a file that is missing there is only an error to tell.
        return open_chosen(model, config, outputs, say)
    state = model.stat()
    asked = replace(config, **_NAMES)
    key = (model.resolve(), state.st_mtime_ns, state.st_size, repr(asked), tuple(outputs))
    with _lock:
        held = _held.get(key)
        if held is None:
            network = open_chosen(model, config, outputs, say)
            turn = nullcontext() if network.runs_at_once else threading.Lock()
            held = _held[key] = _Held(network, turn)
        return SharedBackend(key, held)
