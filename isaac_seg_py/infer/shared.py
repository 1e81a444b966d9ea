"""One network in memory for all in this process who ask for the same, as several cameras do."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
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
    """A network once it is open, how many have it or wait for it, and whose turn it is."""

    network: Backend | None = None
    turn: AbstractContextManager[Any] = field(default_factory=nullcontext)
    users: int = 0
    opening: threading.Lock = field(default_factory=threading.Lock)


_held: Final[dict[Hashable, _Held]] = {}
# For the table and its counts. Not held while a network is opened, which may build for minutes:
# others are opened and closed meanwhile, and only who asks for the same one waits.
_lock: Final = threading.Lock()


class SharedBackend(Backend):
    """A share of a network, which is closed with the last of them."""

    def __init__(self, key: Hashable, held: _Held, network: Backend, *, is_first: bool) -> None:
        """Take a share that is counted already."""
        self._key, self._held, self._network = key, held, network
        self.name, self.inputs, self.outputs = network.name, network.inputs, network.outputs
        self.takes_device_arrays = network.takes_device_arrays
        self.choice = network.choice
        if not is_first:
            self.choice += '; the network is in memory already, and shared'

    def run(self, inputs: Arrays) -> Arrays:
        """Run the network; where it can only do one at a time, wait for the others."""
        with self._held.turn:
            return self._network.run(inputs)

    def release(self) -> None:
        """Give the share back."""
        if _is_last(self._key, self._held):
            self._network.close()


def open_shared(model: Path, config: InferConfig, outputs: Sequence[str], say: Say) -> Backend:
    """Open a network as `open_chosen` does, or take a share of the same one."""
    if config.backend == 'triton' or not model.is_file():
        # A server has the network; and of a file that is missing there is only an error to tell.
        return open_chosen(model, config, outputs, say)
    state = model.stat()
    asked = replace(config, **_NAMES)
    key = (model.resolve(), state.st_mtime_ns, state.st_size, repr(asked), tuple(outputs))
    with _lock:
        held = _held.setdefault(key, _Held())
        held.users += 1
    try:
        with held.opening:
            network, is_first = held.network, held.network is None
            if network is None:
                network = held.network = open_chosen(model, config, outputs, say)
                held.turn = nullcontext() if network.runs_at_once else threading.Lock()
    except BaseException:
        _is_last(key, held)
        raise
    return SharedBackend(key, held, network, is_first=is_first)


def _is_last(key: Hashable, held: _Held) -> bool:
    """Give a share back; say whether nobody has one any more."""
    with _lock:
        held.users -= 1
        if not held.users:
            del _held[key]
        return not held.users
