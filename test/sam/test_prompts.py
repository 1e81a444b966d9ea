"""Prompts are checked at the border, and become exactly the tokens that a decoder knows."""

from __future__ import annotations

from typing import Any

from isaac_seg_py.encode.prompts import batches_of, tokens_of
from isaac_seg_py.errors import PromptError
from isaac_seg_py.geometry import View
from isaac_seg_py.prompts import make_prompts, Prompt
import numpy as np
import pytest

SIZE = (40, 80)


def one(**given: Any) -> Prompt:
    """Make the prompt of a single object."""
    return make_prompts(SIZE, **{name: [value] for name, value in given.items()})[0]


def test_a_point_by_itself_is_on_the_object_and_may_mean_a_part_of_it() -> None:
    prompt = one(points=(3, 4))
    assert prompt.points.tolist() == [[3, 4]]
    assert prompt.labels.tolist() == [1]
    assert prompt.is_ambiguous
    assert prompt.id == 1


@pytest.mark.parametrize(
    'given',
    [
        {'points': [(3, 4), (5, 6)], 'labels': [1, 0]},
        {'boxes': (1, 2, 3, 4)},
        {'points': (3, 4), 'boxes': (1, 2, 9, 9)},
        {'points': (3, 4), 'masks': np.zeros((8, 8))},
    ],
)
def test_more_than_a_point_is_clear(given: dict[str, Any]) -> None:
    assert not one(**given).is_ambiguous


def test_each_object_has_its_own_kind_of_prompt() -> None:
    found = make_prompts(
        SIZE,
        points=[(1, 2), None],
        boxes=[None, (1, 2, 3, 4)],
        ids=['cup', 'plate'],
        class_ids=[3, 0],
    )
    assert [(p.id, p.class_id, len(p.points), p.box is None) for p in found] == [
        ('cup', 3, 1, True),
        ('plate', 0, 0, False),
    ]


@pytest.mark.parametrize(
    'more', [{'corrects': True}, {'boxes': [(1, 2, 9, 9)]}, {'masks': [np.zeros((8, 8))]}]
)
def test_points_beside_an_object_do_where_the_object_is_known(more: dict[str, Any]) -> None:
    (prompt,) = make_prompts(SIZE, points=[(3, 4)], labels=[0], **more)
    assert prompt.labels.tolist() == [0]


def test_nothing_asked_is_nothing() -> None:
    assert make_prompts(SIZE) == []
    assert make_prompts(SIZE, boxes=[]) == []


def test_a_box_is_cut_to_the_image() -> None:
    box = one(boxes=(-5, -1, 90, 20)).box
    assert box is not None
    assert box.tolist() == [0, 0, 80, 20]


@pytest.mark.parametrize(
    ('given', 'said'),
    [
        ({'boxes': [(9, 9, 3, 12)]}, 'x1 < x2'),
        ({'boxes': [(9, 9, 9, 12)]}, 'x1 < x2'),
        ({'boxes': [(80, 0, 90, 10)]}, 'outside of the image of 80x40'),
        ({'boxes': [(float('nan'), 0, 9, 9)]}, 'NaN'),
        ({'boxes': [(1, 2, 3)]}, 'x1, y1, x2, y2'),
        ({'boxes': ['all']}, 'cannot be read as numbers'),
        ({'points': [(80, 3)]}, r'point \(80, 3\) of object 0 lies outside'),
        ({'points': [(-1, 3)]}, 'lies outside'),
        ({'points': [(1, 2, 3)]}, r'shape \[1, 3\]'),
        ({'points': [(float('inf'), 3)]}, 'infinite'),
        ({'points': [(1, 2)], 'labels': [[1, 0]]}, 'for 1 points'),
        ({'points': [(1, 2)], 'labels': [2]}, '1 .on the object. or 0'),
        ({'labels': [[1]]}, 'labels has 1 entries for 0 objects'),
        ({'points': [(1, 2)], 'boxes': []}, 'boxes has 0 entries for 1 objects'),
        ({'points': [None]}, 'has no point, no box and no mask'),
        ({'points': [[(1, 2), (3, 4)]], 'labels': [[0, 0]]}, 'object 0 has only points beside it'),
        ({'points': [(1, 2)], 'labels': [0], 'called': 'it'}, 'it has only points beside it'),
        ({'points': [(1, 2), (3, 4)], 'ids': ['a', 'a']}, 'needs one of its own'),
        ({'points': [(1, 2)], 'masks': [np.zeros(4)]}, 'the mask of object 0 has shape'),
        ({'points': 5}, 'points is 5; a list'),
        ({'points': [(1, 2)], 'ids': np.array(3)}, 'ids is array'),
        ({'points': [(1, 2)], 'ids': [[1]]}, r'an id is \[1\]; a number or a name'),
        ({'points': [(1, 2)], 'ids': [([1],)]}, 'a number or a name'),
        ({'points': [(1, 2)], 'class_ids': ['car']}, "class of object 0 is 'car'; a whole number"),
        ({'points': [(1, 2)], 'class_ids': [float('nan')]}, 'class of object 0 is nan'),
        ({'points': [(1, 2)], 'class_ids': [True]}, 'class of object 0 is True'),
        ({'points': [(1, 2)], 'class_ids': [-1], 'ids': ['a']}, "object 'a' is -1; 0 to 65534"),
        ({'points': [(1, 2)], 'class_ids': [65535]}, 'class of object 0 is 65535; 0 to 65534'),
        ({'points': [(1, 2)], 'class_ids': [2**63]}, '0 to 65534 is expected'),
        ({'points': [(10**400, 2)]}, 'points of object 0 cannot be read as numbers'),
        ({'boxes': [(0, 0, 10**400, 9)]}, 'the box of object 0 cannot be read as numbers'),
    ],
)
def test_a_prompt_that_makes_no_sense_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(PromptError, match=said):
        make_prompts(SIZE, **given)


@pytest.mark.parametrize(
    ('given', 'found'),
    [
        ([None, None], [1, 2]),
        ([2, None], [2, 3]),
        ([None, 1, None], [4, 1, 3]),
        ([3, 'cup', None, None], [3, 'cup', 5, 4]),
        ([5, None, None], [5, 2, 3]),
    ],
)
def test_objects_without_an_id_get_numbers_that_are_free(
    given: list[Any], found: list[Any]
) -> None:
    prompts = make_prompts(SIZE, points=[(1, 2)] * len(given), ids=given)
    assert [prompt.id for prompt in prompts] == found


def test_class_numbers_of_numpy_are_numbers() -> None:
    prompts = make_prompts(SIZE, points=[(1, 2), (1, 2)], class_ids=np.array([3, 0], np.uint8))
    assert [prompt.class_id for prompt in prompts] == [3, 0]
    assert type(prompts[0].class_id) is int


def test_points_are_followed_by_a_token_of_nothing_and_boxes_are_not() -> None:
    view = View.fit(SIZE, (1024, 1024), 'letterbox_top_left')
    points, labels = tokens_of(one(points=[(10, 20), (0, 0)], labels=[1, 0]), view, view.canvas)
    assert points.tolist() == [[128, 256], [0, 0], [0, 0]]
    assert labels.tolist() == [1, 0, -1]
    points, labels = tokens_of(one(points=(10, 20), boxes=(0, 0, 80, 40)), view, view.canvas)
    assert points.tolist() == [[128, 256], [0, 0], [1024, 512]]
    assert labels.tolist() == [1, 2, 3]


def test_points_are_counted_in_the_frame_of_the_network() -> None:
    view = View.fit(SIZE, (512, 512), 'letterbox_top_left')
    points, _ = tokens_of(one(points=(10, 20)), view, (1024, 1024))
    assert points.tolist() == [[128, 256], [0, 0]]


def test_prompts_of_one_length_go_together_and_keep_their_places() -> None:
    lengths = [2, 3, 2, 2, 3, 2]
    tokens = [
        (np.full((n, 2), place, np.float32), np.zeros(n, np.float32))
        for place, n in enumerate(lengths)
    ]
    found = [(places, points.shape, points[:, 0, 0].tolist()) for places, points, _ in
             batches_of(tokens, 3)]  # fmt: skip
    assert found == [
        ([0, 2, 3], (3, 2, 2), [0, 2, 3]),
        ([5], (1, 2, 2), [5]),
        ([1, 4], (2, 3, 2), [1, 4]),
    ]
