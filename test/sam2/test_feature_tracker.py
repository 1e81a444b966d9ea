"""A network for single images follows objects by their looks, better than by their last boxes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import sys

from isaac_seg_py import ModelError, PromptableSegmenter, PromptError
from isaac_seg_py.scenes import make_video
from isaac_seg_py.track.feature_tracker import FeatureTracker
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from training.evaluate_tracks import Box, Mask, measure, Quality, WithMemory  # noqa: E402

SHIPPED = ROOT / 'models' / 'tiny_sam.yaml'
SIZE = (240, 320)
pytestmark = pytest.mark.skipif(not SHIPPED.exists(), reason='models/tiny_sam.yaml is not there')


@pytest.fixture(scope='module')
def opened() -> Iterator[FeatureTracker]:
    """Give a tracker, which is opened once."""
    with FeatureTracker.open(str(SHIPPED), threads=1) as track:
        yield track


@pytest.fixture
def track(opened: FeatureTracker) -> FeatureTracker:
    """Give a tracker that follows nothing."""
    opened.clear()
    return opened


class LastBoxes:
    """The same network without looks: each object is asked for by the box that it had last."""

    def __init__(self, segment: PromptableSegmenter) -> None:
        """Take what answers boxes."""
        self._segment = segment
        self._boxes: dict[int, Box] = {}

    def begin(self, image: np.ndarray, boxes: dict[int, Box]) -> None:
        """Keep the boxes."""
        self._boxes = dict(boxes)

    def follow(self, image: np.ndarray) -> dict[int, Mask]:
        """Ask for each object by its last box."""
        seen = self._segment.encode(image)
        found = self._segment.predict(seen, boxes=list(self._boxes.values()))
        masks = dict(zip(self._boxes, found.masks, strict=True))
        for name, mask, box in zip(masks, found.masks, found.boxes.tolist(), strict=True):
            if mask.any():
                self._boxes[name] = tuple(box)
        return masks


def mean(found: list[Quality]) -> float:
    return float(np.mean([(one.region + one.outline) / 2 for one in found]))


def test_objects_are_followed_better_than_by_their_last_boxes(track: FeatureTracker) -> None:
    videos = (800_001,), 3, 24, SIZE
    by_looks = measure(WithMemory(track), *videos)  # type: ignore[arg-type]
    with PromptableSegmenter.open(str(SHIPPED), threads=1) as segment:
        by_boxes = measure(LastBoxes(segment), *videos)
    assert mean(by_looks) > mean(by_boxes) + 0.05
    # Who is hidden is known to be; a box always finds something.
    hidden = [one.region for one in by_looks if one.hidden]
    assert hidden
    assert np.mean(hidden) > 0.6


def test_names_and_numbers_stay_and_one_image_is_encoded_once(track: FeatureTracker) -> None:
    first, second = make_video(800_001, 2, SIZE, 3)
    for name, box in first.boxes.items():
        track.add(f'object {name}', box=box, class_id=name)
    before = track._network.images_encoded
    seen = track(first.image, stamp=5.0)
    names = tuple(f'object {name}' for name in first.boxes)
    assert seen.ids == track.ids == names
    assert seen.labels.tolist() == [1, 2, 3]
    assert seen.objects.class_ids.tolist() == list(first.boxes)
    track.remove(names[1])
    seen = track(second.image, stamp=5.5)
    assert track._network.images_encoded == before + 2
    assert (seen.ids, seen.labels.tolist()) == ((names[0], names[2]), [1, 3])
    assert seen.ages == (0.5, 0.5)
    for mask, name in zip(seen.masks, (1, 3), strict=True):
        number = list(first.boxes)[name - 1]
        truth = second.instances == number
        assert (mask & truth).sum() / (mask | truth).sum() > 0.6
    track.add('again', box=first.boxes[list(first.boxes)[1]])
    assert track(second.image).labels.tolist() == [1, 3, 2]


def test_an_object_that_leaves_is_hidden_until_it_is_back(track: FeatureTracker) -> None:
    (scene,) = make_video(800_002, 1, SIZE, 1)
    ((name, box),) = scene.boxes.items()
    track.add('one', box=box)
    assert track(scene.image, stamp=0).visible.tolist() == [True]
    empty = np.full_like(scene.image, 90)
    gone = track(empty, stamp=1)
    assert gone.visible.tolist() == [False]
    assert (int(gone.areas[0]), gone.unseen) == (0, (1,))
    back = track(scene.image, stamp=2)
    assert back.visible.tolist() == [True]
    truth = scene.instances == name
    assert (back.masks[0] & truth).sum() / (back.masks[0] | truth).sum() > 0.7


def test_an_object_is_shown_anew(track: FeatureTracker) -> None:
    (scene,) = make_video(800_003, 1, SIZE, 2)
    one, other = scene.boxes.values()
    track.add('it', box=one)
    track(scene.image)
    track.update('it', box=other)
    seen = track(scene.image)
    assert (seen.ids, seen.labels.tolist()) == (('it',), [1])
    assert np.abs(seen.boxes[0] - other).max() < 10


def test_what_cannot_be_right_is_refused(track: FeatureTracker) -> None:
    (scene,) = make_video(800_003, 1, SIZE, 2)
    track.add('it', box=next(iter(scene.boxes.values())))
    with pytest.raises(PromptError, match="object 'it' is followed already"):
        track.add('it', points=(3, 3))
    track.add('far', points=(999, 3))
    track.add('drawn', mask=np.ones(SIZE, np.bool_))
    seen = track(scene.image)
    assert seen.ids == track.ids == ('it',)
    assert [name for name, _ in seen.refused] == ['far', 'drawn']
    assert 'show it by a box or by points' in seen.refused[1][1]
    for act in (track.remove, track.update):
        with pytest.raises(PromptError, match="no object 'pink' is followed; followed are 'it'"):
            act('pink')
    with pytest.raises(ModelError, match='tiny-unet is one network without features'):
        FeatureTracker.open('tiny-unet')


def test_points_beside_an_object_alone_correct_what_is_seen_of_it(track: FeatureTracker) -> None:
    (scene,) = make_video(800_003, 1, SIZE, 2)
    name, box = next(iter(scene.boxes.items()))
    track.add('it', box=box)
    track(scene.image)
    rows, columns = np.nonzero(scene.instances == 0)
    beside = [(float(columns[0]), float(rows[0]))]
    track.update('it', points=beside, labels=[0])
    seen = track(scene.image)
    assert (seen.ids, seen.refused) == (('it',), ())
    truth = scene.instances == name
    assert (seen.masks[0] & truth).sum() / (seen.masks[0] | truth).sum() > 0.7
    track.update('it', points=beside, labels=[0])
    ((_, why),) = track(np.full_like(scene.image, 90)).refused
    assert "object 'it' is not seen, and points beside it do not show it" in why


def test_one_object_more_than_a_label_image_holds_is_refused(track: FeatureTracker) -> None:
    for number in range(255):
        track.add(number, points=(3, 3))
    with pytest.raises(PromptError, match='255 objects are followed; that is the most'):
        track.add('more', points=(3, 3))
    track.remove(7)
    with pytest.raises(PromptError, match="the class of object 'much' is 65535"):
        track.add('much', points=(3, 3), class_id=65535)
    track.add('more', points=(3, 3))
    track.clear()
    with pytest.raises(PromptError, match='stamp is nan'):
        track(np.zeros((*SIZE, 3), np.uint8), float('nan'))
