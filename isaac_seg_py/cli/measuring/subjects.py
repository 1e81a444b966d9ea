"""What `isaac-seg bench` measures: a graph, by the transport that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import os
from pathlib import Path
import sys
from typing import Any, Final

from ...benchmark import Subject
from ...benchmark.networks import IDENTITY, write_identity
from ...catalog.model_folders import find_manifest
from ...errors import ConfigError
from ...families import open_pipeline
from ...graphs import find_graph
from ...graphs.graph import Graph, NodeSpec
from ...images import RawImage

TRANSPORTS: Final = {
    'inproc': 'image and result stay in the process, without ROS',
    'composed': 'composed nodes; image and result by reference',
    'ros': 'messages in and out over the middleware, in one process',
    'ros-2': 'messages in and out over the middleware, the graph in a process of its own',
}
# Where the result of each graph is published.
RESULTS: Final = {
    'unet': 'unet/raw_segmentation_mask',
    'segformer': 'segformer/raw_segmentation_mask',
    'instances': 'instances/raw_segmentation_mask',
    'segnet': 'segnet/class_mask',
}
# Arguments of graphs that are settings of a pipeline too, and those that mean nothing to it.
_SETTINGS: Final = ('backend', 'threads', 'fuse', 'mask_frame')
_NO_SETTINGS: Final = ('model', 'model_name', 'overlay')


@dataclass(frozen=True)
class Asked:
    """A graph with its arguments."""

    graph: Graph
    arguments: Mapping[str, str]

    @classmethod
    def read(cls, name: str, given: Mapping[str, str], folder: Path) -> Asked:
        """Check the words of the command line; a network that is written goes into a folder."""
        graph = find_graph(name)
        if name not in RESULTS:
            raise ConfigError(f'graph {name} cannot be measured yet; {", ".join(RESULTS)} can')
        known = {argument.name for argument in graph.arguments}
        arguments = dict(given)
        if 'overlay' in known:
            arguments.setdefault('overlay', 'false')
        key = 'model_name' if name == 'segnet' else 'model'
        if arguments.get(key) == IDENTITY:
            arguments['model_path' if name == 'segnet' else key] = str(write_identity(folder))
            if name == 'segnet':
                del arguments[key]
        asked = cls(graph, arguments)
        # Wrong names and values are told before anything starts.
        _ = asked.nodes
        return asked

    @property
    def nodes(self) -> list[NodeSpec]:
        """Return the nodes of the graph."""
        return self.graph.nodes(self.arguments)

    @property
    def model(self) -> str:
        """Return the model that runs."""
        known = {one.name: one.default for one in self.graph.arguments}
        given = self.arguments
        if 'model_name' in known and 'model' not in known:
            return given.get('model_path') or given.get('model_name') or str(known['model_name'])
        return given.get('model') or str(known['model'])

    def open(self, transport: str, image: RawImage) -> Subject:
        """Start what is measured."""
        if transport == 'inproc':
            return self._open_pipeline(image)
        from ...ros.process_start import prepare_process
        from ...ros.timed_graph import TimedGraph

        # As the processes do that run graphs.
        prepare_process()

        topics = 'image', RESULTS[self.graph.name]
        namespace = f'/r2b_{os.getpid()}'
        if transport == 'ros-2':
            words = [f'{name}:={value}' for name, value in self.arguments.items()]
            command = [sys.executable, '-m', 'isaac_seg_py', 'run', self.graph.name, *words]
            return TimedGraph(
                image, topics, namespace=namespace,
                commands={'graph': [*command, '--namespace', namespace]},
            )  # fmt: skip
        return TimedGraph(
            image, topics, specs=self.nodes, namespace=namespace,
            by_reference=transport == 'composed',
        )  # fmt: skip

    def _open_pipeline(self, image: RawImage) -> Subject:
        from ...benchmark.inproc import InProcess

        other = [name for name in self.arguments if name not in (*_SETTINGS, *_NO_SETTINGS)]
        other = [name for name in other if name != 'model_path']
        if other:
            raise ConfigError(
                f'{other[0]}:= means nothing without nodes; with --transport inproc '
                f'{", ".join(_SETTINGS)} and the model can be given'
            )
        known = {one.name: one for one in self.graph.arguments}
        settings: dict[str, Any] = {
            name: known[name].parsed(self.arguments[name])
            for name in _SETTINGS
            if name in self.arguments
        }
        return InProcess(open_pipeline(find_manifest(self.model), **settings), image)
