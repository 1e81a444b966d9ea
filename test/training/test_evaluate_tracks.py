"""J and F are what they are defined as, and tell good followers from bad ones."""

from __future__ import annotations

from itertools import islice

from isaac_seg_py.scenes import stream_video
import numpy as np
import pytest

from training.evaluate_tracks import Box, compare, Mask, measure, outline, region, report

SIZE = (120, 160)


def square(left: int, side: int = 40) -> Mask:
    """Make a mask of 100x100."""
    mask = np.zeros((100, 100), np.bool_)
    mask[20 : 20 + side, left : left + side] = True
    return mask


def test_regions_of_known_masks() -> None:
    nothing = np.zeros((100, 100), np.bool_)
    assert region(square(20), square(40)) == pytest.approx(1 / 3)
    assert region(nothing, nothing) == 1
    assert region(square(20), nothing) == 0
    assert region(nothing, square(20)) == 0


def test_outlines_count_within_a_hundredth_of_the_picture() -> None:
    nothing = np.zeros((100, 100), np.bool_)
    # The diagonal is 141, so that 2 pixels are near and 3 are not.
    assert outline(square(20), square(22)) == 1
    apart = outline(square(20), square(23))
    # Of 156 pixels each way, only those of the sides to the left and right are not near.
    assert 0.5 < apart < 0.62
    assert outline(square(20), square(70)) == 0
    assert outline(nothing, nothing) == 1
    assert outline(square(20), nothing) == 0


def test_the_edge_of_the_picture_is_no_outline() -> None:
    full = np.ones((50, 50), np.bool_)
    assert outline(full, full) == 1
    half, more = full.copy(), full.copy()
    half[:, 25:], more[:, 35:] = False, False
    assert outline(half, more) == 0


class Knowing:
    """Has seen the video before; says where objects were some frames ago."""

    def __init__(self, seed: int, late: int) -> None:
        self._scenes = [scene.instances for scene in islice(stream_video(seed, SIZE, 2), 20)]
        self._late, self._frame, self._names = late, 0, list[int]()

    def begin(self, image: np.ndarray, boxes: dict[int, Box]) -> None:
        """Note the names."""
        self._names, self._frame = list(boxes), 0

    def follow(self, image: np.ndarray) -> dict[int, Mask]:
        """Look it up."""
        self._frame += 1
        ids = self._scenes[max(self._frame - self._late, 0)]
        return {name: ids == name for name in self._names}


def test_who_knows_is_perfect_and_who_is_late_is_worse() -> None:
    qualities = [
        [one.region for one in measure(Knowing(800_600, late), [800_600], 2, 20, SIZE)]
        for late in (0, 2, 6)
    ]
    assert len(qualities[0]) == 2 * 19
    assert qualities[0] == [1.0] * len(qualities[0])
    assert 1 > np.mean(qualities[1]) > np.mean(qualities[2])


def test_a_hidden_object_has_to_be_found_hidden() -> None:
    scene = next(
        scene
        for scene in islice(stream_video(800_601, (240, 320), 2), 40)
        if len(scene.boxes) < len(scene.class_ids)
    )
    (hidden,) = set(scene.class_ids) - set(scene.boxes)
    empty = np.zeros((240, 320), np.bool_)
    (right,) = compare({hidden: empty}, scene, [hidden])
    assert (right.region, right.outline, right.hidden) == (1, 1, True)
    (wrong,) = compare({hidden: scene.labels > 0}, scene, [hidden])
    assert (wrong.region, wrong.outline) == (0, 0)
    assert 'known to be hidden in 50.0% of 2' in report([right, wrong])
