"""The services by which objects are followed, corrected, listed and let go."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

from isaac_ros_segment_anything2_interfaces.srv import AddObjects, RemoveObject
from isaac_seg_interfaces.srv import ClearObjects, ListObjects, RenameObject, UpdateObject
from rclpy.callback_groups import ReentrantCallbackGroup

from .follow_desk import FollowDesk
from .follower import Follower
from .managed_node import ManagedNode
from .prompt_questions import Reply
from .qos import REQUESTS
from ..errors import PromptError

Serve = Callable[[Any, Any], Coroutine[Any, Any, Any]]
# The first two are Isaac ROS's, at its names.
_SERVICES: Final[dict[str, Any]] = {
    'add_objects': AddObjects,
    'remove_object': RemoveObject,
    '~/update_object': UpdateObject,
    '~/rename_object': RenameObject,
    '~/list_objects': ListObjects,
    '~/clear': ClearObjects,
}


def offer_services(node: ManagedNode, desk: FollowDesk, follower: Follower) -> None:
    """Offer the services of a node; whoever asks hears what is wrong, also while it is idle."""
    # Of a group of its own: while an answer is waited for, nothing else of the node is.
    free = ReentrantCallbackGroup()
    for name, kind in _SERVICES.items():
        work = getattr(follower, name.removeprefix('~/'))
        serve = _server(node, desk, kind, work)
        node.create_service(kind, name, serve, qos_profile=REQUESTS, callback_group=free)


def _server(node: ManagedNode, desk: FollowDesk, kind: Any, work: Callable[[Any], Any]) -> Serve:
    async def serve(request: Any, response: Any) -> Any:
        idle = node.idle()
        answer = (
            PromptError(idle) if idle else await desk.reply_to(work, request, Reply(node.executor))
        )
        if not isinstance(answer, PromptError):
            return answer
        if kind is ListObjects:
            desk.tell(answer)
            return response
        return kind.Response(success=False, message=str(answer))

    return serve
