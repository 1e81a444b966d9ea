"""One network in memory for all in this process who ask for the same, as several cameras do."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
import threading
from typing import Any, Final

from .base import Arrays, Backend
from .choice import open_chosen, Say
from .turns import Turns
from ..infer_config import InferConfig

# What is laid around a network, which the network itself does not know of.
_NAMES: Final[dict[str, Any]] = {
    f'{side}_{kind}_names': () for side in ('input', 'output') for kind in ('tensor', 'binding')
}


@dataclass
class _Held:
    """A network once it is open, whose turn it is there, and how many have it or wait for it."""

    turns: Turns | None = None
    users: int = 0
    opening: threading.Lock = field(default_factory=threading.Lock)


_held: Final[dict[Hashable, _Held]] = {}
# For the table and its counts. Not held while a network is opened, which may build for minutes:
# others are opened and closed meanwhile, and only who asks for the same one waits.
_lock: Final = threading.Lock()


class SharedBackend(Backend):
    """A share of a network, which is closed with the last of them."""

    def __init__(self, key: Hashable, held: _Held, turns: Turns, *, is_first: bool) -> None:
        """Take a share that is counted already."""
        self._key, self._held, self._turns = key, held, turns
        network = turns.network
        self.name, self.inputs, self.outputs = network.name, network.inputs, network.outputs
        self.takes_device_arrays = network.takes_device_arrays
        self.runs_at_once = network.runs_at_once
        self.choice = network.choice
        if not is_first:
            self.choice += '; the network is in memory already, and shared'

    def run(self, inputs: Arrays) -> Arrays:
        """Run the network in turn, alone or together with others who wait for it."""
        return self._turns.run(inputs)

    def release(self) -> None:
        """Give the share back."""
        if _is_last(self._key, self._held):
            self._turns.close()


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
            is_first = held.turns is None
            turns = held.turns or Turns(
                open_chosen(model, config, outputs, say), config.max_batch_size
            )
            held.turns = turns
    except BaseException:
        _is_last(key, held)
        raise
    return SharedBackend(key, held, turns, is_first=is_first)


def _is_last(key: Hashable, held: _Held) -> bool:
    """Give a share back; say whether nobody has one any more."""
    with _lock:
        held.users -= 1
        if not held.users:
            del _held[key]
        return not held.users
