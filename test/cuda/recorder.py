"""What a recorded device keeps: memory of the host, work that is late, and the rules."""

from __future__ import annotations

from collections import deque
import ctypes
from dataclasses import dataclass, field
from itertools import count
from threading import get_ident

from isaac_seg_py.cuda.binding import DeviceFacts
from isaac_seg_py.errors import BackendError
import numpy as np


@dataclass
class Stream:
    """Work that is still to be done; each step may wait for a mark in another stream."""

    steps: deque = field(default_factory=deque)
    put: int = 0
    done: int = 0
    capture: list | None = None
    captured_by: int = 0
    broken: bool = False
    steps_captured: list | None = None


class Recorder:
    """Memory, streams and events by their numbers; a broken rule is an error, and is kept."""

    def __init__(self, *, integrated=False, graphs=True, memory=1 << 30):
        """Hold the context of a pretended device."""
        self.facts = DeviceFacts('Recorder', (9, 0), integrated, (13, 0))
        self.graphs = graphs
        self.total = memory
        self.violations = []
        self.calls = []
        self.released = False
        self._current = {}
        self._memory, self._pinned, self._gone = {}, {}, {}
        self._streams, self._events, self._modules, self._graphs = {}, {}, {}, {}
        self._functions = {}
        self._numbers = count(1)

    # What a test asks.

    @property
    def alive(self):
        """Return how many things of each kind were not given back."""
        kinds = ('memory', 'pinned', 'streams', 'events', 'modules', 'graphs')
        counts = {kind: len(getattr(self, f'_{kind}')) for kind in kinds}
        return {kind: number for kind, number in counts.items() if number}

    def count(self, call):
        """Return how often a call came."""
        return self.calls.count(call)

    # The rules.

    def _called(self, call, while_capturing=True):
        self.calls.append(call)
        self._require(self._current.get(get_ident(), 0) > 0, f'{call} without a current context')
        mine = [s for s in self._streams.values() if s.capture is not None
                and s.captured_by == get_ident()]  # fmt: skip
        if mine and not while_capturing:
            for stream in mine:
                stream.broken = True
            self._require(False, f'{call} while this thread captures')

    def _require(self, kept, rule):
        if not kept:
            self.violations.append(rule)
            raise BackendError(f'a rule was broken: {rule}')

    def _taken(self, things, number):
        self._require(number in things, f'{number} is not there, or was given back')
        return things[number]

    def _keep(self, things, thing):
        number = next(self._numbers)
        things[number] = thing
        return number

    def _new(self, blocks, nbytes):
        if nbytes > self.total - sum(block.nbytes for block in self._memory.values()):
            raise BackendError('cuMemAlloc failed: CUDA_ERROR_OUT_OF_MEMORY (out of memory)')
        block = np.full(nbytes, 0xCD, np.uint8)
        # What was given back keeps its address, so no new block is mistaken for it.
        blocks[block.ctypes.data] = block
        return block.ctypes.data

    def _drop(self, blocks, memory):
        block = self._taken(blocks, memory)
        # As the driver does: what is on its way is done first.
        for stream in self._streams.values():
            self._finish(stream)
        block.fill(0xDD)
        self._gone[memory] = blocks.pop(memory)

    def _bytes(self, pointer, nbytes):
        """Return live memory of the device."""
        places = [self._memory, self._pinned] if self.facts.integrated else [self._memory]
        return self._within(places, pointer, nbytes)

    def _within(self, places, pointer, nbytes):
        for blocks in places:
            for start, block in blocks.items():
                if start <= pointer and pointer + nbytes <= start + block.nbytes:
                    return block[pointer - start : pointer - start + nbytes]
        self._require(False, f'{nbytes} bytes at {pointer} are not there, or were given back')
        return None

    def _is_pinned(self, array):
        at = array.ctypes.data
        return any(s <= at < s + block.nbytes for s, block in self._pinned.items())

    def _host(self, array):
        """Return page-locked memory by its address, as a graph keeps it; else the array."""
        if self._is_pinned(array):
            return (array.ctypes.data,)
        return array.reshape(-1).view(np.uint8)

    def _copy(self, target, source, nbytes):
        of, to = (self._resolved(place, nbytes) for place in (source, target))
        np.copyto(to[:nbytes], of[:nbytes])

    def _resolved(self, place, nbytes):
        if isinstance(place, tuple):
            return self._within([self._pinned], place[0], nbytes)
        return self._bytes(place, nbytes) if isinstance(place, int) else place

    def _check_pointers(self, arguments):
        for name, kind in arguments._fields_:
            value = getattr(arguments, name)
            if isinstance(value, ctypes.Structure):
                self._check_pointers(value)
            elif kind is ctypes.c_void_p and value:
                self._bytes(value, 1)

    def _put(self, stream, step):
        of = self._taken(self._streams, stream)
        if of.capture is not None:
            of.capture.append(step)
        else:
            of.steps.append(step)
            of.put += 1

    def _finish(self, stream, up_to=None):
        while stream.steps and (up_to is None or stream.done < up_to):
            step = stream.steps.popleft()
            stream.done += 1
            step()

    def _ended(self, stream):
        of = self._taken(self._streams, stream)
        self._require(of.capture is not None, 'no capture to end')
        self._require(of.captured_by == get_ident(), 'ended on another thread')
        of.steps_captured, of.capture = of.capture, None
        return of
