"""
A binding over the host's memory that is as late and as strict as a device may be.

Work is done when somebody waits for it and not before: what reads a result too early, or writes
over an input too early, shows. Every broken rule is an error, and is kept in `violations`.
"""

from __future__ import annotations

from threading import get_ident

import host_kernels
from isaac_seg_py.errors import BackendError
import numpy as np
from recorder import Recorder, Stream


class RecordingBinding(Recorder):
    """Stands where pycuda and cuda-python stand; see `Binding`."""

    name = 'recording'

    # The context.

    def push(self):
        self._require(not self.released, 'push after release')
        self._current[get_ident()] = self._current.get(get_ident(), 0) + 1

    def pop(self):
        self._require(self._current.get(get_ident(), 0) > 0, 'pop without push')
        self._current[get_ident()] -= 1

    def release(self):
        self._require(not self.released, 'released twice')
        self._require(not self.alive, f'released while there are {self.alive}')
        self.calls.append('release')
        self.released = True

    def memory(self):
        self._called('memory')
        return self.total - sum(block.nbytes for block in self._memory.values()), self.total

    # Memory.

    def allocate(self, nbytes):
        self._called('allocate', while_capturing=False)
        return self._new(self._memory, nbytes)

    def free(self, memory):
        self._called('free', while_capturing=False)
        self._drop(self._memory, memory)

    def allocate_pinned(self, nbytes, mapped):
        self._called('allocate_pinned', while_capturing=False)
        self._require(mapped == self.facts.integrated, 'mapped as the device is not')
        return self._new(self._pinned, nbytes)

    def mapped_pointer(self, memory):
        self._called('mapped_pointer')
        self._require(self.facts.integrated and memory in self._pinned, 'memory is not mapped')
        return memory

    def free_pinned(self, memory):
        self._called('free_pinned', while_capturing=False)
        self._drop(self._pinned, memory)

    # Streams and events.

    def create_stream(self):
        self._called('create_stream')
        return self._keep(self._streams, Stream())

    def destroy_stream(self, stream):
        self._called('destroy_stream')
        self._finish(self._taken(self._streams, stream))
        del self._streams[stream]

    def synchronize(self, stream):
        self._called('synchronize', while_capturing=False)
        self._finish(self._taken(self._streams, stream))

    def create_event(self, timing, blocking):
        self._called('create_event')
        return self._keep(self._events, {'timing': timing, 'at': None})

    def destroy_event(self, event):
        self._called('destroy_event')
        self._taken(self._events, event)
        del self._events[event]

    def record(self, event, stream):
        self._called('record')
        of = self._taken(self._streams, stream)
        self._require(of.capture is None, 'recorded in a capture, so never to be waited for')
        self._taken(self._events, event)['at'] = (of, of.put)

    def wait(self, stream, event):
        self._called('wait')
        at = self._taken(self._events, event)['at']
        if at is not None:
            self._put(stream, lambda: self._finish(*at))

    def wait_for(self, event):
        self._called('wait_for', while_capturing=False)
        at = self._taken(self._events, event)['at']
        if at is not None:
            self._finish(*at)

    def is_done(self, event):
        self._called('is_done', while_capturing=False)
        at = self._taken(self._events, event)['at']
        return at is None or at[0].done >= at[1]

    def elapsed_ms(self, start, end):
        self._called('elapsed_ms')
        both = self._taken(self._events, start), self._taken(self._events, end)
        self._require(all(event['timing'] for event in both), 'events without timing')
        return 0.5

    # Work.

    def copy_in(self, pointer, array, stream):
        self._called('copy_in')
        self._bytes(pointer, array.nbytes)
        host, nbytes = self._host(array), array.nbytes
        if not self._is_pinned(array):
            # The driver is through with other memory when the call returns.
            host = array.copy().reshape(-1).view(np.uint8)
        self._put(stream, lambda: self._copy(pointer, host, nbytes))

    def copy_out(self, array, pointer, stream):
        self._called('copy_out')
        self._bytes(pointer, array.nbytes)
        host, nbytes = self._host(array), array.nbytes
        self._put(stream, lambda: self._copy(host, pointer, nbytes))

    def copy(self, target, source, nbytes, stream):
        self._called('copy')
        self._bytes(target, nbytes)
        self._bytes(source, nbytes)
        self._put(stream, lambda: self._copy(target, source, nbytes))

    def fill(self, pointer, value, nbytes, stream):
        self._called('fill')
        self._bytes(pointer, nbytes)
        self._put(stream, lambda: self._bytes(pointer, nbytes).fill(value))

    # Modules: a kernel of the package, by its name, compiled for the host.

    def load_module(self, image):
        self._called('load_module', while_capturing=False)
        return self._keep(self._modules, image)

    def unload_module(self, module):
        self._called('unload_module')
        self._taken(self._modules, module)
        del self._modules[module]

    def function(self, module, name):
        self._called('function')
        self._taken(self._modules, module)
        return self._keep(self._functions, (module, name))

    def launch(self, function, grid, block, arguments, stream):
        self._called('launch')
        module, name = self._taken(self._functions, function)
        self._require(min(*grid, *block) > 0 and np.prod(block) <= 1024, f'{grid} of {block}')
        copied = type(arguments).from_buffer_copy(arguments)

        def run():
            self._taken(self._modules, module)
            self._check_pointers(copied)
            host_kernels.launch_on_host(name, grid, block, copied)

        self._put(stream, run)

    # Graphs.

    def begin_capture(self, stream):
        self._called('begin_capture', while_capturing=False)
        of = self._taken(self._streams, stream)
        if not self.graphs:
            raise BackendError('cuStreamBeginCapture failed: this device makes no graphs')
        of.capture, of.captured_by, of.broken = [], get_ident(), False

    def end_capture(self, stream):
        of = self._ended(stream)
        if of.broken:
            raise BackendError('cuStreamEndCapture failed: the capture was broken')
        return self._keep(self._graphs, of.steps_captured)

    def abandon_capture(self, stream):
        self._ended(stream)

    def launch_graph(self, graph, stream):
        self._called('launch_graph')
        for step in self._taken(self._graphs, graph):
            self._put(stream, step)

    def destroy_graph(self, graph):
        self._called('destroy_graph')
        self._taken(self._graphs, graph)
        del self._graphs[graph]
