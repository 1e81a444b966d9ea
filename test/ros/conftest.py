"""Fixtures for tests on real rclpy; without it these tests skip and say why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
import time
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='rclpy is not installed; make test installs it')


@pytest.fixture
def ros() -> Iterator[Any]:
    """Give a context whose nodes spin in a thread."""
    from isaac_seg_py.ros.background import Background

    with Background() as background:
        yield background


@pytest.fixture
def until() -> Callable[..., None]:
    """Give a function that waits for a condition, and fails with words when it stays false."""

    def wait(
        condition: Callable[[], Any], what: str = 'the condition', seconds: float = 30
    ) -> None:
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                pytest.fail(f'{what} did not happen within {seconds} s')
            time.sleep(0.002)

    return wait


@pytest.fixture
def camera(until: Callable[..., None]) -> Iterator[Any]:
    """Give a camera in a context of its own."""
    from isaac_seg_py.ros.background import Background
    from rclpy.node import Node
    from watched_graph import Camera

    with Background() as background:
        node = Node('camera', context=background.context)
        background.add(node)
        yield Camera(node, until)


@pytest.fixture
def start(ros: Any, tmp_path: Path, camera: Any) -> Iterator[Callable[..., Any]]:
    """Give a function that starts the graph with the network of the brightest channel."""
    from isaac_seg_py.graphs import find_graph
    from isaac_seg_py.ros.composition import Composition
    import tiny_models
    from watched_graph import PALETTE

    made: list[Any] = []
    model = tiny_models.brightest_channel(tmp_path / 'brightest.onnx')

    def begin(more: dict[str, dict[str, Any]] | None = None, **arguments: str) -> Any:
        specs = find_graph('unet').nodes({'model': str(model), **arguments})
        for spec in specs:
            spec.parameters.update((more or {}).get(spec.name, {}))
            if spec.name == 'unet_decoder_node':
                spec.parameters.setdefault('color_palette', PALETTE)
        graph = Composition(specs, ros.executor, context=ros.context)
        made.append(graph)
        camera.connected(graph)
        return graph

    yield begin
    for graph in made:
        graph.close()


@pytest.fixture
def node(ros: Any) -> Any:
    """Give a node that spins."""
    from rclpy.node import Node

    made = Node('inside', context=ros.context)
    ros.add(made)
    return made


@pytest.fixture
def outside() -> Iterator[Any]:
    """Give a node of another context: to the middleware it is another participant."""
    from isaac_seg_py.ros.background import Background
    from rclpy.node import Node

    with Background() as other:
        made = Node('outside', context=other.context)
        other.add(made)
        yield made


@pytest.fixture
def compose(ros: Any) -> Iterator[Callable[..., Any]]:
    """Give a function that runs the nodes of a graph by its name, or nodes given."""
    from isaac_seg_py.graphs import find_graph
    from isaac_seg_py.ros.composition import Composition

    made: list[Any] = []

    def begin(graph: Any, more: dict[str, dict[str, Any]] | None = None, **given: Any) -> Any:
        specs = find_graph(graph).nodes(given) if isinstance(graph, str) else graph
        for spec in specs:
            spec.parameters.update((more or {}).get(spec.name, {}))
        made.append(Composition(specs, ros.executor, context=ros.context))
        return made[-1]

    yield begin
    for graph in made:
        graph.close()


@pytest.fixture
def asker(outside: Any, until: Callable[..., None], tmp_path: Path) -> Any:
    """Give a participant that asks Segment Anything for objects."""
    from asked_graph import Asker

    return Asker(outside, until, tmp_path)


@pytest.fixture
def heard(outside: Any) -> Any:
    """Give what comes on the topics of Segment Anything."""
    from asked_graph import OUTPUTS
    from topic_listener import Topics

    return Topics(outside, OUTPUTS)


@pytest.fixture
def asked(compose: Callable[..., Any], asker: Any, heard: Any) -> Callable[..., Any]:
    """Give a function that starts the graph of Segment Anything, and gives its node."""
    from asked_graph import PATIENT

    def begin(more: dict[str, Any] | None = None, **given: str) -> Any:
        told = {**PATIENT, **(more or {})}
        graph = compose('segment_anything', {'segment_anything': told}, model=asker.model, **given)
        asker.connected(graph)
        asker.until(lambda: heard.are_known_to(graph), 'discovery of the topics')
        return graph['segment_anything']

    return begin


@pytest.fixture
def follow(
    compose: Callable[..., Any],
    outside: Any,
    until: Callable[..., None],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Any:
    """Give a participant that has objects followed; a test may set parameters of the node."""
    from followed_graph import Follow

    made = Follow(outside, until, tmp_path)
    told = {'max_num_objects': 3, 'history_frames': 3, **getattr(request, 'param', {})}
    made.model = told.pop('model', made.model)
    graph = compose(
        'segment_anything2', {'segment_anything2': told}, model=made.model, threads='1'
    )
    made.connected(graph)
    return made
