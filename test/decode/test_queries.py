"""Answers to queries become classes, objects and segments, worked out by hand."""

from __future__ import annotations

import tracemalloc
from typing import Any

from isaac_seg_py.decode.queries import CLASSES, MASKS, QueryDecoder
from isaac_seg_py.errors import TensorError
from isaac_seg_py.geometry import View
from isaac_seg_py.instance_config import InstanceConfig
from isaac_seg_py.panoptic import PanopticImage, Segment
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest

# Probabilities of the classes 0, 1, 2 and of none, for five queries.
CHANCES = np.array(
    [
        [0.90, 0.05, 0.03, 0.02],
        [0.10, 0.80, 0.05, 0.05],
        [0.02, 0.70, 0.08, 0.20],
        [0.10, 0.10, 0.10, 0.70],
        [0.20, 0.10, 0.60, 0.10],
    ],
    np.float32,
)
SURE = 8.0


def half(axis: int, first: bool) -> np.ndarray:
    place = np.arange(8).reshape((8, 1) if axis == 0 else (1, 8)) + np.zeros((8, 8))
    return np.where((place < 4) == first, SURE, -SURE)


# Left half, right half, lower right quarter, everything, one column on the left.
GRIDS = np.stack(
    [
        half(1, True),
        half(1, False),
        np.minimum(half(0, False), half(1, False)),
        np.full((8, 8), SURE),
        np.where(np.arange(8) == 0, SURE, -SURE) * np.ones((8, 1)),
    ]
).astype(np.float32)


def decode(
    view: View | None = None,
    chances: np.ndarray = CHANCES,
    grids: np.ndarray = GRIDS,
    **settings: Any,
) -> Any:
    # Logarithms of probabilities are raw scores that give them back.
    outputs = {CLASSES: np.log(chances)[np.newaxis], MASKS: grids[np.newaxis]}
    config = InstanceConfig(**{'score_threshold': 0.5, **settings})
    return QueryDecoder(config)(Tensors(outputs, view or View.identity((8, 8))))


def test_each_pixel_goes_to_the_surest_query() -> None:
    found = decode()
    # The third query loses its quarter to the second; the fifth its column to the first.
    assert found.segments == (
        Segment(1, 0, pytest.approx(0.9)),  # type: ignore[arg-type]
        Segment(2, 1, pytest.approx(0.8)),  # type: ignore[arg-type]
    )
    assert found.ids.tolist() == [[1] * 4 + [2] * 4] * 8
    assert found.labels.tolist() == [[0] * 4 + [1] * 4] * 8


def test_a_segment_must_keep_enough_of_its_pixels() -> None:
    # The second query of class 1 is now surer in its quarter: the other keeps half of its pixels.
    chances = CHANCES.copy()
    chances[2] = [0.02, 0.9, 0.03, 0.05]
    kept = decode(chances=chances, overlap_threshold=0.4)
    assert [(s.id, s.class_id) for s in kept.segments] == [(1, 0), (2, 1), (3, 1)]
    lost = decode(chances=chances, overlap_threshold=0.6)
    assert [(s.id, s.class_id) for s in lost.segments] == [(1, 0), (2, 1)]
    assert lost.ids[0].tolist() == [1] * 4 + [0] * 4
    assert lost.labels[0].tolist() == [0] * 4 + [255] * 4
    assert lost.ids[7].tolist() == [1] * 4 + [2] * 4
    fused = decode(chances=chances, overlap_threshold=0.4, fused_classes=(1,))
    assert [(s.id, s.class_id, s.fused) for s in fused.segments] == [(1, 0, False), (2, 1, True)]
    assert fused.segments[1].score == pytest.approx(0.9)
    # Whichever comes first, the best score is that of the segment.
    order = [0, 2, 1, 3, 4]
    turned = decode(
        chances=chances[order], grids=GRIDS[order], overlap_threshold=0.4, fused_classes=(1,)
    )
    assert turned.segments == fused.segments
    assert fused.ids.tolist() == [[1] * 4 + [2] * 4] * 8


def test_without_a_sure_query_nothing_is_there() -> None:
    found = decode(View.fit((5, 7), (8, 8), 'stretch'), score_threshold=0.95)
    assert isinstance(found, PanopticImage)
    assert (found.segments, found.size, found.ids.max()) == ((), (5, 7), 0)
    assert len(decode(score_threshold=0.95, task='instance')) == 0


def test_objects_may_overlap_and_have_the_score_of_class_and_mask() -> None:
    found = decode(task='instance', filter_mode='point')
    sure = 1 / (1 + np.exp(-SURE))
    np.testing.assert_allclose(found.scores, np.array([0.9, 0.8, 0.7, 0.6]) * sure, rtol=1e-5)
    assert found.class_ids.tolist() == [0, 1, 1, 2]
    assert found.ids == (1, 2, 3, 4)
    assert found.boxes.tolist() == [[0, 0, 4, 8], [4, 0, 8, 8], [4, 4, 8, 8], [0, 0, 1, 8]]
    np.testing.assert_array_equal(found.masks, GRIDS[[0, 1, 2, 4]] > 0)
    assert len(decode(task='instance', max_detections=2)) == 2


def test_one_query_may_be_two_objects() -> None:
    chances = np.array([[0.5, 0.45, 0.02, 0.03]] + [[0.01, 0.01, 0.01, 0.97]] * 4, np.float32)
    found = decode(chances=chances, task='instance', score_threshold=0.4)
    assert found.class_ids.tolist() == [0, 1]
    np.testing.assert_array_equal(found.masks[0], found.masks[1])


@pytest.mark.parametrize('size', [(8, 8), (23, 37), (5, 3)])
def test_classes_are_summed_over_the_queries(size: tuple[int, int]) -> None:
    found = decode(View.fit(size, (8, 8), 'stretch'), task='semantic')
    chances = 1 / (1 + np.exp(-GRIDS.astype(float)))
    scores = np.tensordot(CHANCES[:, :3].T.astype(float), chances, 1)
    down, across = ((np.arange(n) + 0.5) * 8 / n - 0.5 for n in size)
    for row, column in np.ndindex(size):
        near = np.clip([np.floor(down[row]), np.floor(down[row]) + 1], 0, 7).astype(int)
        beside = np.clip([np.floor(across[column]), np.floor(across[column]) + 1], 0, 7)
        cells = scores[:, near[:, np.newaxis], beside.astype(int)]
        parts = down[row] % 1, across[column] % 1
        mixed = np.einsum('cyx,y,x', cells, [1 - parts[0], parts[0]], [1 - parts[1], parts[1]])
        assert found.labels[row, column] == mixed.argmax()
        assert found.scores[row, column] == pytest.approx(min(mixed.max(), 1), abs=0.05)


def test_classes_have_the_background_and_the_opacities_of_the_settings() -> None:
    found = decode(task='semantic', background_class=1, class_alphas=(7, 8, 9))
    assert found.background == 1
    assert set(np.unique(found.color('rgba8')[..., 3])) == {7 + one for one in found.classes}


def test_masks_come_in_the_size_of_the_camera() -> None:
    view = View.fit((40, 80), (32, 32))
    found = decode(view, task='instance', filter_mode='linear')
    # The middle column of the canvas is the middle of the image.
    assert found.masks[0].all(0).tolist() == [True] * 40 + [False] * 40
    panoptic = decode(view)
    assert (panoptic.ids[:, :40] == 1).all()
    assert (panoptic.ids[:, 40:] == 2).all()


@pytest.mark.parametrize('size', [(12, 10), (20, 23), (5, 3)])
def test_a_pixel_may_take_the_cell_of_its_upper_left_corner(size: tuple[int, int]) -> None:
    grids = np.where(np.random.default_rng(2).random((1, 8, 8)) < 0.5, SURE, -SURE)
    view = View.fit(size, (32, 32), 'stretch')
    found = decode(
        view, CHANCES[:1], grids.astype(np.float32), task='instance', filter_mode='point'
    )
    rows, columns = ([i * 8 // n for i in range(n)] for n in size)
    np.testing.assert_array_equal(found.masks[0], grids[0][rows][:, columns] > 0)


def test_what_a_crop_does_not_show_is_nothing() -> None:
    view = View.fit((8, 16), (8, 8), 'crop')
    found = decode(view)
    assert found.ids.tolist() == [[0] * 4 + [1] * 4 + [2] * 4 + [0] * 4] * 8
    objects = decode(view, task='instance')
    assert objects.masks[0].any(0).tolist() == [False] * 4 + [True] * 4 + [False] * 8


def test_raw_scores_may_be_as_large_as_they_like() -> None:
    wanted = decode(task='instance', filter_mode='point')
    outputs = {CLASSES: np.log(CHANCES)[np.newaxis] + np.float32(1000), MASKS: GRIDS[np.newaxis]}
    config = InstanceConfig(score_threshold=0.5, task='instance', filter_mode='point')
    found = QueryDecoder(config)(Tensors(outputs, View.identity((8, 8))))
    np.testing.assert_allclose(found.scores, wanted.scores, rtol=1e-3)


@pytest.mark.parametrize('task', ['panoptic', 'instance', 'semantic'])
def test_very_many_queries_do_not_have_their_working_size_at_once(task: str) -> None:
    chances = np.tile(CHANCES, (120, 1))
    grids = np.tile(GRIDS, (120, 1, 1))
    tracemalloc.start()
    try:
        found = decode(View.identity((8, 8)), chances, grids, task=task, query_mask_side=256)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # All 600 would take 157 MB, and as much again for their probabilities.
    assert peak < 150e6
    assert found.labels.shape == (8, 8)


@pytest.mark.parametrize('task', ['panoptic', 'instance'])
def test_only_the_best_so_many_are_kept(task: str) -> None:
    found = decode(task=task, max_detections=2, overlap_threshold=0.0)
    scores = [segment.score for segment in found.segments] if task == 'panoptic' else found.scores
    np.testing.assert_allclose(scores, [0.9, 0.8], rtol=1e-3)
    # The best, and not the first.
    order = [4, 2, 1, 0, 3]
    turned = decode(
        None, CHANCES[order], GRIDS[order], task=task, max_detections=2, overlap_threshold=0.0
    )
    assert set(np.unique(turned.labels)) == set(np.unique(found.labels))
    assert sorted(turned.scores) == sorted(found.scores)


@pytest.mark.parametrize(
    ('outputs', 'said'),
    [
        ({CLASSES: np.zeros((1, 5, 4), np.float32)}, 'the masks of queries are'),
        ({MASKS: np.zeros((1, 5, 8, 8), np.float32)}, 'the classes of queries are'),
        (
            {CLASSES: np.zeros((1, 4, 4), np.float32), MASKS: np.zeros((1, 5, 8, 8), np.float32)},
            r'shape \[1, 4, 4\] and their masks \[1, 5, 8, 8\]',
        ),
        (
            {CLASSES: np.zeros((1, 5, 4), np.float32), MASKS: GRIDS[np.newaxis] * np.inf},
            'NaN or infinite',
        ),
        (
            {CLASSES: np.zeros((1, 2049, 4)), MASKS: np.zeros((1, 2049, 1, 1))},
            'answers 2049 queries; 2048 are the most',
        ),
        (
            {CLASSES: np.full((1, 5, 4), np.nan, np.float32), MASKS: GRIDS[np.newaxis]},
            'NaN or infinite',
        ),
    ],
)
def test_what_is_wrong_is_said(outputs: dict[str, np.ndarray], said: str) -> None:
    with pytest.raises(TensorError, match=said):
        QueryDecoder(InstanceConfig())(Tensors(outputs, View.identity((8, 8))))
