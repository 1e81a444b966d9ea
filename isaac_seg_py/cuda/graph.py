"""Graphs: work that was taken down once and is started with one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .context import Context, Owned
from ..errors import BackendError

if TYPE_CHECKING:
    from .stream import Stream


class Graph(Owned):
    """Work that can be done again and again; what it uses must still be there."""

    def __init__(self, context: Context, handle: int) -> None:
        """Take over what a capture gave."""
        super().__init__(context, handle, context.binding.destroy_graph)

    def launch(self, stream: Stream) -> None:
        """Put the work on a stream."""
        with self._context as binding:
            binding.launch_graph(self.handle, stream.handle_for(self._context))


class Capture:
    """What `Stream.capture` gives: the graph, once the block is over."""

    _graph: Graph | None = None

    @property
    def graph(self) -> Graph:
        """Return the graph."""
        if self._graph is None:
            raise BackendError('the capture is not over; read graph behind the with block')
        return self._graph

    def finish(self, context: Context, handle: int) -> None:
        """Take the graph that the driver made."""
        self._graph = Graph(context, handle)
