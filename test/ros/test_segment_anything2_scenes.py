"""What is followed over topics is as good as what a tracker follows without ROS."""

from __future__ import annotations

from pathlib import Path
import sys
from typing import Any

from followed_graph import adding, Follow, PREFIX
from isaac_seg_interfaces.srv import ClearObjects
from isaac_seg_py import VideoTracker
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from training.evaluate_tracks import Box, Mask, measure, WithMemory  # noqa: E402

pytestmark = pytest.mark.ros
SHIPPED = ROOT / 'models' / 'tiny_sam2.yaml'
SEEDS, OBJECTS, FRAMES, SIZE = (800_910, 800_911), 3, 12, (240, 320)


class OverTopics:
    """The node as somebody else sees it: images and requests go in, tensors come out."""

    def __init__(self, follow: Follow) -> None:
        """Take the running graph."""
        self._follow = follow
        self._number = 0

    def begin(self, image: np.ndarray, boxes: dict[int, Box]) -> None:
        """Show each object by its box."""
        assert self._follow.ask('clear', ClearObjects.Request()).success
        self._show(image)
        request = adding({str(name): box for name, box in boxes.items()}, stamp=self._number)
        answer = self._follow.ask('add_objects', request)
        assert answer.success, answer.message

    def follow(self, image: np.ndarray) -> dict[int, Mask]:
        """Return the masks of the next image."""
        states = self._show(image)
        (tensor,) = self._follow.latest('raw_segmentation_mask', self._number).tensors
        rows = np.frombuffer(tensor.data, np.bool_).reshape(len(states.objects), *SIZE)
        return {int(one.id): row for one, row in zip(states.objects, rows, strict=True)}

    def _show(self, image: np.ndarray) -> Any:
        self._number += 1
        return self._follow.show(self._number, image)


def direct(model: str) -> list[Any]:
    """Measure a tracker without ROS."""
    with VideoTracker.open(model, threads=1, max_num_objects=3, history_frames=3) as tracker:
        return measure(WithMemory(tracker), SEEDS, OBJECTS, FRAMES, SIZE)


def test_every_mask_over_topics_is_that_of_the_tracker(follow: Follow) -> None:
    over_topics = measure(OverTopics(follow), SEEDS, OBJECTS, FRAMES, SIZE)
    assert len(over_topics) > 50
    # Networks that follow colours find something, and not everything.
    assert 0.05 < np.mean([one.region for one in over_topics]) < 0.95
    assert over_topics == direct(follow.model)
    assert len(follow.heard[PREFIX + 'objects']) == len(SEEDS) * FRAMES


@pytest.mark.skipif(not SHIPPED.exists(), reason='models/tiny_sam2.yaml is not made yet')
@pytest.mark.parametrize('follow', [{'model': str(SHIPPED)}], indirect=True)
def test_the_shipped_networks_follow_the_objects_of_scenes(follow: Follow) -> None:
    over_topics = measure(OverTopics(follow), SEEDS, OBJECTS, FRAMES, SIZE)
    assert np.mean([(one.region + one.outline) / 2 for one in over_topics]) > 0.6
    assert over_topics == direct(follow.model)
