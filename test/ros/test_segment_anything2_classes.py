"""Classes told to a tracker: what is refused leaves none, what is followed keeps its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from followed_graph import adding, BLUE, corners, pixels, RED
from isaac_seg_interfaces.srv import UpdateObject
from isaac_seg_py import PromptError, VideoTracker
from isaac_seg_py.images import RawImage
from isaac_seg_py.ros import prompt_classes
from isaac_seg_py.ros.follower import Follower
from isaac_seg_py.ros.packet import Packet
from isaac_seg_py.ros.prompt_classes import ClassNumbers
from isaac_seg_py.track_config import TrackConfig
import pytest
from sam2_color_networks import write_color_networks
from std_msgs.msg import Header

pytestmark = pytest.mark.ros


@pytest.fixture
def follower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follower]:
    """Give what follows objects and remembers three texts beside the class that it knows."""
    monkeypatch.setattr(prompt_classes, '_MOST_TEXTS', 3)
    tracker = VideoTracker.open(str(write_color_networks(tmp_path)), threads=1)
    made = Follower(tracker, TrackConfig(), ClassNumbers(('ball',)))
    yield made
    made.close()


def see(follower: Follower, second: int) -> list[tuple[Any, str]]:
    """Follow a picture, and return names and classes of the objects."""
    header = Header(frame_id='camera')
    header.stamp.sec = second
    seen = follower.see(Packet(header, RawImage.of(pixels()))).objects
    return [(n, seen.name(one)) for n, one in zip(seen.ids, seen.class_ids, strict=True)]


def create(follower: Follower, name: str, class_id: str, place: tuple[int, int, int, int]) -> None:
    """Ask for an object of a class."""
    request = UpdateObject.Request(create=True)
    request.prompt.id, request.prompt.class_id, request.prompt.use_box = name, class_id, True
    request.prompt.box = adding({'x': place}).bbox_coords[0]
    follower.update_object(request)


def test_what_is_refused_leaves_no_class(follower: Follower) -> None:
    see(follower, 1)
    before = follower._classes.names
    with pytest.raises(PromptError, match='outside'):
        create(follower, 'a', 'cup', (900, 900, 920, 920))
    assert follower._classes.names == before
    create(follower, 'a', 'plate', corners(RED))
    assert follower._classes.names == ('ball', 'plate')


def test_ever_new_classes_are_taken_and_what_is_followed_keeps_its_own(follower: Follower) -> None:
    see(follower, 1)
    create(follower, 'first', 'class of the first', corners(RED))
    for number in range(6):
        create(follower, 'passing', f'class {number}', corners(BLUE))
        wanted = [('first', 'class of the first'), ('passing', f'class {number}')]
        assert see(follower, 2 + number) == wanted
        follower._tracker.remove('passing')
    assert 'class of the first' in follower._classes.names
    assert 'class 0' not in follower._classes.names
