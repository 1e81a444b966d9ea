"""The memory of objects: what is kept, what is recalled, and where it lies in time."""

from __future__ import annotations

from isaac_seg_py.families.sam2_bank import Bank
from isaac_seg_py.families.sam2_contract import Sam2Contract
from isaac_seg_py.families.sam2_store import HostStore, MemorySizes
from isaac_seg_py.track_config import TrackConfig
import numpy as np
import pytest

CONTRACT = Sam2Contract((64, 64), (32, 32), (2, 4, 4), 3, None, 8)


def bank(**settings: int) -> Bank:
    config = TrackConfig(**{'max_num_objects': 3, 'history_frames': 4, **settings})
    sizes = MemorySizes.of(CONTRACT, config)
    return Bank(sizes, HostStore(sizes))


def fill(made: Bank, row: int, shown: list[int], followed: range) -> None:
    """Keep maps and pointers that are full of the number of their frame."""
    for frame in sorted({*shown, *followed}):
        memory, pointer = np.full((2, 4, 4), frame, np.float32), np.full(3, frame, np.float32)
        (made.show if frame in shown else made.remember)(row, frame, memory, pointer)


def recalled(made: Bank, row: int, frame: int) -> tuple[list[int], list[int], list[int]]:
    """Return the frames of the maps, their places in time, and the frames of the pointers."""
    recall = made.recall(row, frame)
    maps = made.maps([row], [recall])
    assert maps.shape == (1, len(recall.maps), 2, 4, 4)
    assert (maps == maps[..., :1, :1, :1]).all()
    pointers = made.pointers([row], [recall])[0, :, 0]
    np.testing.assert_allclose(recall.ages, (frame - pointers) / 15)
    return maps[0, :, 0, 0, 0].astype(int).tolist(), [*recall.positions], [*map(int, pointers)]


def test_prompts_come_first_and_the_six_latest_frames_behind_them() -> None:
    made = bank()
    fill(made, 1, [0], range(1, 30))
    frames, places, pointers = recalled(made, 1, 30)
    assert frames == [0, 24, 25, 26, 27, 28, 29]
    assert places == [6, 5, 4, 3, 2, 1, 0]
    assert pointers == [0, *range(15, 30)]


def test_a_frame_that_was_left_out_is_not_recalled() -> None:
    made = bank()
    fill(made, 0, [2], range(3, 9))
    assert recalled(made, 0, 11)[0] == [2, 5, 6, 7, 8]
    assert recalled(made, 0, 11)[1] == [6, 5, 4, 3, 2]


@pytest.mark.parametrize(('memory', 'expected'), [(1, [0]), (2, [0, 19]), (4, [0, 17, 18, 19])])
def test_fewer_frames_where_that_is_set(memory: int, expected: list[int]) -> None:
    made = bank(memory_frames=memory, max_pointers=memory)
    fill(made, 0, [0], range(1, 20))
    frames, _, pointers = recalled(made, 0, 20)
    assert frames == pointers == expected


def test_the_oldest_prompt_makes_room_and_counts_as_a_followed_frame() -> None:
    made = bank(max_cond_frames=2)
    fill(made, 0, [0, 3, 5], range(1, 7))
    frames, places, _ = recalled(made, 0, 7)
    assert frames == [3, 5, 1, 2, 4, 6]
    assert places == [6, 6, 5, 4, 2, 0]
    fill(made, 0, [7], range(7, 8))
    assert recalled(made, 0, 8)[0] == [5, 7, 2, 3, 4, 6]


def test_a_frame_can_be_worked_on_again_with_what_was_before_it() -> None:
    made = bank()
    fill(made, 0, [0], range(1, 20))
    before = recalled(made, 0, 16)
    made.forget(0, after=15)
    assert recalled(made, 0, 16) == before
    assert before[0] == [0, *range(10, 16)]
    assert recalled(made, 0, 18)[0] == [0, *range(12, 16)]
    # What was shown behind that frame is forgotten as well.
    fill(made, 0, [16], range(16, 17))
    made.forget(0, after=15)
    assert recalled(made, 0, 20)[0] == [0, 14, 15]


def test_a_corrected_frame_is_a_prompt_and_nothing_else() -> None:
    made = bank()
    fill(made, 0, [0], range(1, 5))
    fill(made, 0, [4], range(0))
    assert recalled(made, 0, 6)[:2] == ([0, 4, 1, 2, 3], [6, 6, 4, 3, 2])


def test_rows_do_not_see_each_other_and_a_forgotten_one_is_empty() -> None:
    made = bank()
    fill(made, 0, [0], range(1, 4))
    fill(made, 2, [2], range(3, 4))
    assert recalled(made, 2, 4)[0] == [2, 3]
    made.forget(2)
    assert made.recall(2, 5).counts == (0, 0)
    assert recalled(made, 0, 4)[0] == [0, 1, 2, 3]


def test_maps_are_rounded_to_bfloat16_as_torch_does() -> None:
    made = bank()
    given = np.array([1.0, 1.00390625, 1.01171875, -3.1415927, 0.2, 65504.0, 0.1, -0.0])
    # To the nearest with eight bits, and to the even one between two: worked out by hand.
    expected = [1.0, 1.0, 1.015625, -3.140625, 0.20019531, 65536.0, 0.10009766, 0.0]
    memory = np.tile(given.astype(np.float32), 4).reshape(2, 4, 4)
    made.show(0, 0, memory, np.zeros(3, np.float32))
    out = made.maps([0], [made.recall(0, 1)])
    np.testing.assert_allclose(out.reshape(-1)[:8], expected, rtol=1e-6)
