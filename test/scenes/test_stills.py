"""A picture and its truth agree, whatever its size."""

from __future__ import annotations

from isaac_seg_py.scenes import CLASS_NAMES, make_scene, PALETTE, Scene
import numpy as np
import pytest

SIZES = [(480, 640), (64, 64), (97, 131), (33, 255), (255, 33), (1080, 1920)]


def measured_boxes(scene: Scene) -> dict[int, tuple[int, int, int, int]]:
    """Find each object's box again, the slow and plain way."""
    boxes = {}
    for number in np.unique(scene.instances[scene.instances > 0]):
        ys, xs = np.nonzero(scene.instances == number)
        boxes[int(number)] = (
            int(xs.min()),
            int(ys.min()),
            int(xs.max()) + 1,
            int(ys.max()) + 1,
        )
    return boxes


@pytest.mark.parametrize('size', SIZES)
def test_truth_agrees_with_itself(size: tuple[int, int]) -> None:
    for seed in range(3):
        scene = make_scene(seed, size, objects=5)
        assert scene.image.shape == (*size, 3)
        assert scene.image.dtype == np.uint8
        assert scene.labels.shape == scene.instances.shape == size
        assert (scene.labels.dtype, scene.instances.dtype) == (np.uint8, np.uint16)
        assert np.array_equal(scene.labels > 0, scene.instances > 0)
        assert scene.boxes == measured_boxes(scene)
        assert set(scene.class_ids) == {1, 2, 3, 4, 5}
        for number in scene.boxes:
            seen = np.unique(scene.labels[scene.instances == number])
            assert seen.tolist() == [scene.class_ids[number]]


def test_same_seed_gives_same_bytes_in_arrays_of_their_own() -> None:
    first, second, other = make_scene(7), make_scene(7), make_scene(8)
    for name in ('image', 'labels', 'instances'):
        one, two = getattr(first, name), getattr(second, name)
        assert np.array_equal(one, two)
        assert not np.shares_memory(one, two)
        assert not np.array_equal(one, getattr(other, name))
    assert first.boxes == second.boxes


def test_every_class_appears_and_has_a_name_and_a_colour() -> None:
    seen: set[int] = set()
    for seed in range(20):
        seen |= {int(label) for label in np.unique(make_scene(seed, (120, 160)).labels)}
    assert seen == set(range(len(CLASS_NAMES)))
    assert len(set(PALETTE)) == len(PALETTE) == len(CLASS_NAMES)
    assert (CLASS_NAMES[0], PALETTE[0]) == ('background', 0)
    assert all(0 <= color <= 0xFFFFFF for color in PALETTE)


def test_no_objects_is_a_picture_of_background() -> None:
    scene = make_scene(1, (64, 96), objects=0)
    assert not scene.labels.any()
    assert scene.boxes == scene.class_ids == {}
    assert scene.image.std() > 1


def test_objects_are_visible_in_the_image() -> None:
    # The same background with and without an object differs where the object is.
    for seed in range(10):
        scene = make_scene(seed, (240, 320), objects=1)
        inside = scene.labels > 0
        colors = scene.image.astype(float)
        apart = np.linalg.norm(colors[inside].mean(axis=0) - colors[~inside].mean(axis=0))
        assert apart > 20, seed


def test_a_ring_has_a_hole_that_is_not_the_ring() -> None:
    ring = CLASS_NAMES.index('ring')
    checked = 0
    for seed in range(40):
        scene = make_scene(seed, (240, 320), objects=1)
        if scene.class_ids[1] != ring or not scene.boxes:
            continue
        x1, y1, x2, y2 = scene.boxes[1]
        if min(x1, y1) > 0 and x2 < 320 and y2 < 240:
            assert scene.labels[(y1 + y2) // 2, (x1 + x2) // 2] == 0
            checked += 1
    assert checked >= 2


def test_nearer_objects_hide_farther_ones() -> None:
    def area(scene: Scene) -> list[int]:
        return [int((scene.instances == number).sum()) for number in scene.boxes]

    # Crowded pictures hold fewer object pixels than the objects have.
    crowded = sum(sum(area(make_scene(seed, (120, 160), objects=30))) for seed in range(5))
    alone = sum(sum(area(make_scene(seed, (120, 160), objects=1))) for seed in range(50))
    assert crowded < alone / 50 * 150
