"""What a program asks of a graph by its services, sense and nonsense; each call has an answer."""

from __future__ import annotations

from collections.abc import Callable
import math
import random
from typing import Any, Final

from isaac_ros_segment_anything2_interfaces.srv import AddObjects, RemoveObject
from isaac_seg_interfaces.msg import ObjectPrompt
from isaac_seg_interfaces.srv import (
    ClearObjects,
    ListObjects,
    RenameObject,
    SegmentObjects,
    UpdateObject,
)
from rclpy.node import Node
from vision_msgs.msg import BoundingBox2D, Point2D

SERVICES: Final[dict[str, dict[str, Any]]] = {
    'segment_anything': {'segment_anything/segment': SegmentObjects},
    'segment_anything2': {
        'add_objects': AddObjects,
        'remove_object': RemoveObject,
        'segment_anything2/update_object': UpdateObject,
        'segment_anything2/rename_object': RenameObject,
        'segment_anything2/list_objects': ListObjects,
        'segment_anything2/clear': ClearObjects,
    },
}
Wait = Callable[[Callable[[], bool], str], None]


class Asker:
    """Calls the services of a graph; counts what was asked, done and refused in words."""

    def __init__(self, node: Node, graph: str, wait: Wait) -> None:
        """Look for the services."""
        kinds = SERVICES.get(graph, {})
        self._clients = {name: node.create_client(kind, name) for name, kind in kinds.items()}
        self._wait = wait
        self.asked = self.done = self.refused = 0

    def ask(self, boxes: list[Any], chance: random.Random) -> None:
        """Ask for something by each service, in any order."""
        for name in chance.sample(list(self._clients), len(self._clients)):
            client = self._clients[name]
            self._wait(client.service_is_ready, f'service {name}')
            self.asked += 1
            answer = client.call_async(_request(client.srv_type, boxes, chance))
            self._wait(answer.done, f'an answer of {name}')
            response = answer.result()
            if getattr(response, 'success', True):
                self.done += 1
            elif response.message:
                self.refused += 1


def _request(kind: Any, boxes: list[Any], chance: random.Random) -> Any:
    name = f'thing_{chance.randrange(4)}'
    if kind is SegmentObjects:
        prompts = [_prompt('', box, chance) for box in boxes]
        return SegmentObjects.Request(prompts=prompts, want_scores=chance.random() < 0.3)
    if kind is AddObjects:
        corners = [_box(box, chance) for box in boxes[:2]]
        names = [f'{name}_{number}' for number in range(len(corners))]
        return AddObjects.Request(bbox_object_ids=names, bbox_coords=corners)
    if kind is RemoveObject:
        return RemoveObject.Request(object_id=f'{name}_0')
    if kind is UpdateObject:
        prompt = _prompt(name, chance.choice(boxes), chance)
        return UpdateObject.Request(prompt=prompt, create=chance.random() < 0.7)
    if kind is RenameObject:
        return RenameObject.Request(object_id=name, new_object_id=f'thing_{chance.randrange(4)}')
    return kind.Request()


def _prompt(name: str, box: Any, chance: random.Random) -> ObjectPrompt:
    made = ObjectPrompt(id=name, use_box=True, box=_box(box, chance))
    if chance.random() < 0.5:
        x, y = made.box.center.position.x, made.box.center.position.y
        made.points, made.point_labels = [Point2D(x=x, y=y)], [chance.choice([1, 1, 0, -9])]
    return made


def _box(corners: Any, chance: random.Random) -> BoundingBox2D:
    x1, y1, x2, y2 = corners
    made = BoundingBox2D(size_x=float(x2 - x1), size_y=float(y2 - y1))
    made.center.position.x = float(x1 + x2) / 2
    made.center.position.y = chance.choice([float(y1 + y2) / 2] * 8 + [math.nan, 1e9])
    return made
