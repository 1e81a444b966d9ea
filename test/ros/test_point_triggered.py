"""SegmentAnythingPointTriggeredNode sends on the newest frame when somebody clicks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from geometry_msgs.msg import Point, PointStamped
from isaac_ros_segment_anything2_interfaces.srv import AddObjects, RemoveObject
from isaac_seg_py.errors import ConfigError
from isaac_seg_py.graphs import NodeSpec
import numpy as np
import pytest
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from topic_listener import QOS, Topics
from vision_msgs.msg import Detection2DArray
from watched_graph import message

pytestmark = pytest.mark.ros
NAME = 'point_triggered'
FAST = {'max_rate_hz': 0.0}
PATIENT = {'service_discovery_timeout': 60, 'service_call_timeout': 60}


class Trigger:
    """The running node, with cameras and a person who clicks."""

    def __init__(self, graph: Any, node: Node, until: Callable[..., None], names: Any) -> None:
        """Publish and hear with plain rclpy."""
        self.graph, self.until = graph, until
        kinds = {name: CameraInfo if 'info' in name else Image for name in names}
        self.came = Topics(
            node,
            {**{f'{name}_triggered': kind for name, kind in kinds.items()},
             'detection_2d': Detection2DArray},
        )  # fmt: skip
        sent = {**kinds, 'point': Point, 'point_stamped': PointStamped}
        self.names = [*names]
        self.out = {name: node.create_publisher(kind, name, QOS) for name, kind in sent.items()}
        until(lambda: all(out.get_subscription_count() for out in self.out.values()))
        until(lambda: self.came.are_known_to(graph), 'discovery of the results')

    def see(self, number: int) -> None:
        """Send a frame of each camera, and wait until the node has it."""
        image = np.full((24, 32, 3), number, np.uint8)
        for name in self.names:
            if 'info' in name:
                header = Header(stamp=message(image, number).header.stamp, frame_id='lens')
                self.out[name].publish(CameraInfo(header=header, height=24, width=32))
            elif 'depth' in name:
                depth = np.full((24, 32), number, np.uint16)
                self.out[name].publish(message(depth, number, '16UC1'))
            else:
                self.out[name].publish(message(image, number))
        frame = self.graph[NAME]._frame
        self.until(lambda: frame.newest is not None and frame.newest.stamp[0] == number)

    def click(self, x: float, y: float) -> None:
        """Click."""
        self.out['point'].publish(Point(x=float(x), y=float(y)))

    def box(self, index: int) -> tuple[float, ...]:
        """Return middle and size of what was detected."""
        (one,) = self.came['detection_2d'][index].detections
        middle = one.bbox.center.position
        return middle.x, middle.y, one.bbox.size_x, one.bbox.size_y

    def told(self, text: str, capfd: pytest.CaptureFixture[str]) -> None:
        """Wait until the node has said something."""
        said: list[str] = []

        def is_said() -> bool:
            said.extend(capfd.readouterr())
            return text in ''.join(said)

        self.until(is_said, f'telling {text!r}')


@pytest.fixture
def begin(
    compose: Callable[..., Any], outside: Node, until: Callable[..., None]
) -> Callable[..., Trigger]:
    """Give what starts the node."""

    def start(*names: str, **told: Any) -> Trigger:
        told = {**FAST, **told}
        graph = compose([NodeSpec('SegmentAnythingPointTriggeredNode', NAME, told)])
        return Trigger(graph, outside, until, names or ('image_1', 'camera_info_1'))

    return start


class Tracker:
    """A tracker's services, which note what they are asked."""

    def __init__(self, node: Node, graph: Any, until: Callable[..., None]) -> None:
        """Offer both services."""
        self.asked: list[Any] = []
        self.agrees = True
        node.create_service(AddObjects, 'add_objects', self._add)
        node.create_service(RemoveObject, 'remove_object', self._remove)
        clients = [*graph[NAME].clients]
        assert len(clients) == 2
        until(lambda: all(one.service_is_ready() for one in clients), 'discovery of the services')
        # An answer to a client that the other side has not found yet is lost.
        names = [one.service_name for one in clients]
        until(lambda: all(node.count_clients(name) for name in names), 'discovery of the clients')

    def _add(self, request: Any, response: Any) -> Any:
        self.asked.append(request)
        response.success, response.message = self.agrees, 'no room'
        return response

    def _remove(self, request: Any, response: Any) -> Any:
        self.asked.append(request)
        return response


def test_a_click_sends_the_newest_frame_and_a_box_around_it(begin: Callable[..., Trigger]) -> None:
    node = begin()
    node.see(1)
    node.see(2)
    node.click(20, 10)
    node.until(lambda: node.came.have(1), 'the frame')
    image, info, found = (
        node.came[name][0]
        for name in ('image_1_triggered', 'camera_info_1_triggered', 'detection_2d')
    )
    assert (image.header.stamp.sec, image.header.frame_id) == (2, 'camera_2')
    assert found.header == image.header
    assert info.header.stamp == image.header.stamp
    assert (info.header.frame_id, info.height, info.width) == ('lens', 24, 32)
    assert set(bytes(image.data)) == {2}
    assert node.box(0) == (20.0, 10.0, 10.0, 10.0)
    # Nothing was sent of the first frame. At an edge the box ends with the image.
    node.click(31, 1)
    node.until(lambda: node.came.have(2), 'the frame again')
    assert [one.header.stamp.sec for one in node.came['image_1_triggered']] == [2, 2]
    assert node.box(1) == (29.0, 3.0, 6.0, 6.0)


@pytest.mark.parametrize(
    ('names', 'told'),
    [
        (('image_1', 'image_2', 'camera_info_1', 'camera_info_2'), {'mode': 'stereo'}),
        (('image_1', 'depth_1', 'camera_info_1'), {'mode': 'mono+depth'}),
        (('image_1', 'depth_1'), {'mode': 'mono+depth', 'use_camera_info': False}),
        (('image_1',), {'use_camera_info': False}),
    ],
)
def test_all_that_belongs_together_is_sent_on(
    begin: Callable[..., Trigger], names: tuple[str, ...], told: dict[str, Any]
) -> None:
    node = begin(*names, **told)
    node.see(4)
    # Half a frame is none.
    if 'info' in names[-1]:
        node.out[names[-1]].publish(CameraInfo(header=Header(frame_id='lens')))
    elif 'depth' in names[-1]:
        node.out[names[-1]].publish(message(np.full((24, 32), 5, np.uint16), 5, '16UC1'))
    node.click(1, 1)
    node.until(lambda: node.came.have(1), 'the frame')
    stamps = {one.header.stamp.sec for heard in node.came.heard.values() for one in heard}
    assert stamps == {4}
    if 'depth_1' in names:
        depth = node.came['depth_1_triggered'][0]
        assert (depth.encoding, np.frombuffer(depth.data, np.uint16)[0]) == ('16UC1', 4)


def test_clicks_with_a_header_must_be_of_the_camera(
    begin: Callable[..., Trigger], capfd: pytest.CaptureFixture[str]
) -> None:
    node = begin()
    node.see(3)
    click = PointStamped(header=Header(frame_id='map'), point=Point(x=9.0, y=9.0))
    node.out['point_stamped'].publish(click)
    node.told("a click in frame 'map' came; image_1 is in 'camera_3'", capfd)
    click.header.frame_id = 'camera_3'
    node.out['point_stamped'].publish(click)
    node.until(lambda: node.came.have(1), 'the frame')
    assert node.box(0) == (9.0, 9.0, 10.0, 10.0)


def test_clicks_that_make_no_sense_are_told(
    begin: Callable[..., Trigger], capfd: pytest.CaptureFixture[str]
) -> None:
    node = begin()
    dropped = node.graph[NAME].stats.summary
    node.click(1, 1)
    node.told('a click came before any image', capfd)
    node.see(1)
    for count, (x, y) in enumerate([(32, 1), (float('nan'), 1), (-1, 1)], 2):
        node.click(x, y)
        node.until(lambda: dropped().dropped['click not answered'] == count)  # noqa: B023


def test_clicks_that_are_too_fast_are_told(begin: Callable[..., Trigger]) -> None:
    node = begin(max_rate_hz=0.01)
    node.see(2)
    node.click(1, 1)
    node.until(lambda: node.came['detection_2d'], 'the first')
    node.click(2, 2)
    stats = node.graph[NAME].stats.summary
    node.until(lambda: stats().dropped.get('clicks faster than max_rate_hz') == 1)


def test_a_tracker_follows_the_newest_click(
    begin: Callable[..., Trigger],
    outside: Node,
    until: Callable[..., None],
    capfd: pytest.CaptureFixture[str],
) -> None:
    node = begin(is_sam2=True, **PATIENT)
    tracker = Tracker(outside, node.graph, until)
    node.see(1)
    node.click(5, 6)
    node.until(lambda: node.came.have(1), 'the frame')
    (added,) = tracker.asked
    # Of the image, and not of the clock.
    assert (added.request_header.stamp.sec, added.request_header.frame_id) == (1, 'camera_1')
    assert [*added.point_object_ids] == ['0']
    assert [(one.x, one.y) for one in added.point_coords] == [(5.0, 6.0)]
    assert [*added.point_labels] == [1]
    node.see(2)
    node.click(7, 8)
    node.until(lambda: node.came.have(2), 'the next frame')
    removed, again = tracker.asked[1:]
    assert (removed.object_id, removed.request_header.stamp.sec) == ('0', 2)
    assert (again.point_coords[0].x, again.request_header.stamp.sec) == (7.0, 2)
    tracker.agrees = False
    node.click(9, 9)
    node.told("did not add object '0': no room", capfd)
    assert len(node.came['detection_2d']) == 2
    # What was not added is not removed.
    tracker.agrees = True
    node.click(9, 9)
    node.until(lambda: node.came.have(3), 'the frame that is followed')
    kinds = [hasattr(one, 'object_id') for one in tracker.asked[3:]]
    assert kinds == [True, False, False]


def test_a_tracker_that_is_not_there_or_silent_is_told(
    begin: Callable[..., Trigger],
    outside: Node,
    until: Callable[..., None],
    capfd: pytest.CaptureFixture[str],
) -> None:
    node = begin(is_sam2=True, service_discovery_timeout=1, service_call_timeout=1)
    node.see(1)
    node.click(1, 1)
    node.told('no service /add_objects within 1 s', capfd)
    tracker = Tracker(outside, node.graph, until)
    # A service that takes the request, and is gone with its answer.
    busy = [*outside.services][-2]
    assert busy.srv_name.endswith('add_objects')
    busy.callback = lambda request, response: until(lambda: bool(said), 'the timeout') or response
    said: list[int] = []
    node.click(2, 2)
    node.told('service /add_objects gave no answer within 1 s', capfd)
    said.append(1)
    busy.callback = tracker._add
    # It answers at once, which on a busy machine may be after more than a second.
    node.graph[NAME]._tracker._call_s = 60
    node.click(3, 3)
    node.until(lambda: node.came.have(1), 'the frame')
    assert [one.point_coords[0].x for one in tracker.asked] == [3.0]


def test_another_mode_is_refused_at_the_start(compose: Callable[..., Any]) -> None:
    with pytest.raises(ConfigError, match=r"mode is 'quad'; it must be one of 'mono', 'stereo'"):
        compose([NodeSpec('SegmentAnythingPointTriggeredNode', NAME, {'mode': 'quad'})])
