"""Objects of a video keep their ids, move smoothly, cross and hide each other."""

from __future__ import annotations

from itertools import islice, pairwise

from isaac_seg_py.scenes import make_video, Scene, stream_video
import numpy as np
import pytest

SMALL = (120, 160)


def same(one: Scene, two: Scene) -> bool:
    """Compare everything in two scenes."""
    arrays = ('image', 'labels', 'instances')
    return (one.boxes, one.class_ids) == (two.boxes, two.class_ids) and all(
        np.array_equal(getattr(one, name), getattr(two, name)) for name in arrays
    )


@pytest.mark.parametrize('seed', range(3))
def test_a_video_is_the_beginning_of_the_stream_and_of_longer_videos(seed: int) -> None:
    stream = list(islice(stream_video(seed, SMALL, 4), 9))
    long, short = make_video(seed, 9, SMALL, 4), make_video(seed, 4, SMALL, 4)
    assert [len(long), len(short)] == [9, 4]
    assert all(map(same, stream, long))
    assert all(map(same, short, long))
    assert not same(long[0], long[1])


def test_frames_share_no_memory() -> None:
    frames = make_video(5, 3, SMALL)
    for name in ('image', 'labels', 'instances'):
        arrays = [getattr(frame, name) for frame in frames]
        assert not any(np.shares_memory(a, b) for a, b in pairwise(arrays))


@pytest.mark.parametrize('objects', [0, 1, 2, 6])
def test_ids_and_classes_hold_for_the_whole_video(objects: int) -> None:
    frames = make_video(11, 30, SMALL, objects)
    assert set(frames[0].class_ids) == set(range(1, objects + 1))
    assert all(frame.class_ids == frames[0].class_ids for frame in frames)
    for frame in frames:
        for number in frame.boxes:
            labels = np.unique(frame.labels[frame.instances == number])
            assert labels.tolist() == [frame.class_ids[number]]


def test_boxes_move_in_small_steps_and_really_move() -> None:
    frames = make_video(2, 60, (240, 320), 1)
    middles = np.array(
        [((b[0] + b[2]) / 2, (b[1] + b[3]) / 2) for f in frames for b in f.boxes.values()]
    )
    assert len(middles) == 60
    steps = np.linalg.norm(np.diff(middles, axis=0), axis=1)
    assert steps.max() < 320 * 0.05
    assert steps.sum() > 320 * 0.2


@pytest.mark.parametrize('size', [(128, 128), (480, 640), (200, 600)])
@pytest.mark.parametrize('seed', range(4))
def test_an_object_is_hidden_wholly_and_comes_back(seed: int, size: tuple[int, int]) -> None:
    frames = make_video(seed, 40, size)
    hidden = [i for i, frame in enumerate(frames) if len(frame.boxes) < len(frame.class_ids)]
    assert any(10 <= i <= 24 for i in hidden)
    assert len(frames[0].boxes) == 3
    assert len(frames[-1].boxes) == 3


def test_objects_are_hidden_in_part_before_and_after() -> None:
    frames = make_video(3, 40)
    gone = next(i for i, frame in enumerate(frames) if len(frame.boxes) < 3)
    (number,) = set(frames[gone].class_ids) - set(frames[gone].boxes)
    areas = [int((frame.instances == number).sum()) for frame in frames]
    assert 0 < min(area for area in areas if area) < max(areas) / 2
