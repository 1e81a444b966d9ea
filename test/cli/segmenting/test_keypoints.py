"""Key points of people as prompts: whose they are, and which lie beside whom."""

from __future__ import annotations

from typing import Any

from isaac_seg_py.cli.prompting.keypoints import find_parts, PARTS, Pose, pose_prompts
import numpy as np
import pytest


def pose(*points: tuple[str, float, float, float], box: Any = None) -> Pose:
    """Return a person in a picture of 100x100, of results."""
    spots = np.zeros((len(PARTS), 3))
    for name, *numbers in points:
        spots[PARTS.index(name)] = numbers
    return Pose.of({'keypoints': spots.reshape(-1).tolist(), 'bbox': box}, (100, 100), 0.3)


def test_points_of_others_lie_beside_a_person() -> None:
    one = pose(('nose', 20, 10, 1), ('left_hip', 20, 60, 1), box=[0, 0, 40, 100])
    two = pose(
        ('nose', 42, 50, 0.9),  # within a tenth of the first one's box
        ('left_hip', 21, 61, 0.9),  # on the first one's hip: whose it is nobody knows
        ('right_hip', 70, 60, 0.9),  # outside of its box
        ('left_knee', 30, 30, 0.2),  # not seen
        ('left_ear', 300, 3, 0.9),  # not in the picture
    )
    everything = find_parts('all', PARTS)
    first, second = pose_prompts([one, two], [everything] * 2)
    assert first == ([[20, 10], [20, 60], [42, 50]], [1, 1, 0])
    assert second == ([[42, 50], [21, 61], [70, 60]], [1, 1, 1])
    hips = find_parts('left_hip, right_hip', PARTS)
    assert pose_prompts([one], [hips]) == [([[20, 60]], [1])]
    # Of whom no wanted part is seen, the others count; of whom nothing is seen, nothing.
    assert pose_prompts([pose(('nose', 5, 5, 1))], [hips]) == [([[5, 5]], [1])]
    assert pose_prompts([pose()], [everything]) == [([], [])]


@pytest.mark.parametrize('edge', [1e308, 1.7e308])
def test_a_box_beyond_all_pictures_has_everybody_touch(edge: float) -> None:
    # Warnings are errors: nothing overflows.
    one = pose(('nose', 20, 10, 1), box=[-edge, -edge, edge, edge])
    (shown, _) = pose_prompts([one, pose(('nose', 60, 10, 1))], [[0], [0]])
    assert shown == ([[20, 10]], [1])
