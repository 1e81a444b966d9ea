"""A container that comes back when it crashed, with the nodes that were in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
import time
from typing import Any, Final

from composition_interfaces.srv import ListNodes
from launch.actions import OpaqueCoroutine, RegisterEventHandler
from launch.event_handlers import OnProcessStart
from launch_ros.actions import ComposableNodeContainer, LoadComposableNodes
from launch_ros.descriptions import ComposableNode
from launch_ros.ros_adapters import get_ros_node

from launch import LaunchContext

_ANSWERS_WITHIN_S: Final = 1.0
_LOOK_S: Final = 0.05
MakeNodes = Callable[[], list[ComposableNode]]


def load_at_each_start(
    container: ComposableNodeContainer, make_nodes: MakeNodes
) -> RegisterEventHandler:
    """
    Load nodes whenever the process of a container starts: launch itself does it only once.

    They are made anew each time, since launch reads the remappings of one only once.
    """

    def load(event: Any, context: LaunchContext) -> list[Any]:
        return [OpaqueCoroutine(coroutine=_load, args=[container, make_nodes])]

    return RegisterEventHandler(OnProcessStart(target_action=container, on_start=load))


async def _load(
    context: LaunchContext, container: ComposableNodeContainer, make_nodes: MakeNodes
) -> None:
    # A process that was killed did not say goodbye. For some 20 s the middleware takes it to be
    # there, so that a request to load would go to it, and launch would wait for ever.
    if await _answers(context, f'{container.node_name}/_container/list_nodes'):
        LoadComposableNodes(
            target_container=container, composable_node_descriptions=make_nodes()
        ).visit(context)


async def _answers(context: LaunchContext, service: str) -> bool:
    """Ask until somebody answers; say whether that came before the end."""
    node: Any = get_ros_node(context)
    client = node.create_client(ListNodes, service)
    try:
        while not context.is_shutdown:
            answer = client.call_async(ListNodes.Request())
            end = time.monotonic() + _ANSWERS_WITHIN_S
            while not answer.done() and time.monotonic() < end:
                await asyncio.sleep(_LOOK_S)
            if answer.done():
                return True
            client.remove_pending_request(answer)
    finally:
        node.destroy_client(client)
    return False
