"""What waits for an image is shown although the images' clock is another, or begins again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from followed_graph import adding, corners, pixels, RED
from isaac_seg_interfaces.srv import RenameObject, UpdateObject
from isaac_seg_py import PromptError, VideoTracker
from isaac_seg_py.images import RawImage
from isaac_seg_py.ros.follower import Follower
from isaac_seg_py.ros.packet import Packet
from isaac_seg_py.ros.prompt_classes import ClassNumbers
from isaac_seg_py.track_config import TrackConfig
import pytest
from sam2_color_networks import write_color_networks
from std_msgs.msg import Header

pytestmark = pytest.mark.ros
CLOCK = 1_795_280_000


@pytest.fixture(scope='module')
def colors(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the manifest of the networks that follow colours."""
    return str(write_color_networks(tmp_path_factory.mktemp('colours')))


@pytest.fixture
def follower(colors: str) -> Iterator[Follower]:
    """Give what follows objects, a second ahead of the newest image."""
    tracker = VideoTracker.open(colors, backend='onnxruntime', threads=1)
    made = Follower(tracker, TrackConfig(), ClassNumbers())
    made.ahead_s, made.tolerance_s = 1.0, 0.02
    yield made
    made.close()


def header(stamp: float) -> Header:
    made = Header()
    made.stamp.sec, made.stamp.nanosec = int(stamp), round(stamp % 1 * 1e9)
    return made


def see(follower: Follower, stamp: float) -> tuple[Any, ...]:
    """Follow a picture, and return who is followed in it."""
    return follower.see(Packet(header(stamp), RawImage.of(pixels()))).ids


@pytest.mark.parametrize('first', [100, CLOCK + 0.5, CLOCK + 60])
def test_a_request_before_the_first_image_is_for_it_or_soon_after(
    follower: Follower, first: float
) -> None:
    follower.add_objects(adding({'a': corners(RED)}, stamp=CLOCK + 1))
    assert see(follower, first) == (() if first == CLOCK + 0.5 else ('a',))
    assert see(follower, first + 0.5) == ('a',)


def test_a_request_ahead_of_a_bag_that_begins_again_is_for_its_first_image(
    follower: Follower,
) -> None:
    see(follower, 100)
    follower.add_objects(adding({'a': corners(RED)}, stamp=100.9))
    assert see(follower, 100.5) == ()
    # A little back the time is still to come.
    assert see(follower, 100.4) == ()
    assert see(follower, 1) == ('a',)


@pytest.mark.parametrize(('name', 'said'), [('', 'is empty'), ('n' * 257, 'has 257 characters')])
def test_a_name_has_some_letters_and_not_too_many(
    follower: Follower, name: str, said: str
) -> None:
    see(follower, 1)
    follower.add_objects(adding({'a': corners(RED)}))
    with pytest.raises(PromptError, match=said):
        follower.add_objects(adding({name: corners(RED)}))
    with pytest.raises(PromptError, match=said):
        follower.rename_object(RenameObject.Request(object_id='a', new_object_id=name))
    request = UpdateObject.Request(create=True)
    request.prompt.id, request.prompt.use_box = name, True
    request.prompt.box = adding({'x': corners(RED)}).bbox_coords[0]
    if name:
        with pytest.raises(PromptError, match=said):
            follower.update_object(request)
    else:
        assert follower.update_object(request).object.id == 'object_1'
    assert see(follower, 2) == (('a',) if name else ('a', 'object_1'))
