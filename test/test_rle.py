"""Run lengths are COCO's, letter for letter."""

from __future__ import annotations

from typing import Any

from isaac_seg_py import rle
from isaac_seg_py.errors import ImageError
import numpy as np
import pytest

STRIPE = np.zeros((40, 40), bool)
STRIPE[:, 20] = True
TALL = np.zeros((70000, 2), np.uint8)
TALL[1:, 0] = 1

# Worked out by hand: runs down the columns, from the fourth on less the run before the last, in
# groups of five bits from the lowest, 32 added where another follows, 48 added to be a letter.
KNOWN = [
    # Runs 1 1 1 4 4 1, written 1 1 1 3 3 -3.
    ([[0, 1, 1, 0], [1, 1, 0, 0], [0, 1, 0, 1]], '11133M'),
    # Runs 6, and 0 6: the first run is always outside.
    ([[0, 0, 0], [0, 0, 0]], '6'),
    ([[1, 1, 1], [1, 1, 1]], '06'),
    # A run of 16 would read as -16 without a second group.
    ([[0] * 16 + [5]], '`01'),
    # Runs 800 40 760.
    (STRIPE, 'Pi0X1hg0'),
    # Runs 1 69999 70000: three groups and one for the sign.
    (TALL, '1_[T2`[T2'),
]


@pytest.mark.parametrize(('mask', 'counts'), KNOWN)
def test_known_masks_have_known_letters_both_ways(mask: Any, counts: str) -> None:
    mask = np.asarray(mask)
    packed = rle.encode(mask)
    assert packed == {'size': list(mask.shape), 'counts': counts}
    np.testing.assert_array_equal(rle.decode(packed), mask != 0)


@pytest.mark.parametrize('size', [(1, 1), (1, 50), (50, 1), (33, 47), (300, 200)])
@pytest.mark.parametrize('share', [0.0, 0.01, 0.5, 0.99, 1.0])
def test_what_is_packed_comes_back(
    size: tuple[int, int], share: float, random_numbers: np.random.Generator
) -> None:
    mask = random_numbers.random(size) < share
    found = rle.decode(rle.encode(mask))
    assert found.dtype == np.bool_
    np.testing.assert_array_equal(found, mask)


def test_a_mask_may_lie_in_memory_in_any_way(random_numbers: np.random.Generator) -> None:
    mask = random_numbers.random((20, 30)) < 0.5
    expected = rle.encode(mask)
    assert rle.encode(np.asfortranarray(mask)) == expected
    assert rle.encode(np.repeat(mask, 2, axis=1)[:, ::2]) == expected


def test_bytes_are_read_as_text_is() -> None:
    assert rle.decode({'size': [2, 3], 'counts': b'06'}).all()


@pytest.mark.parametrize(
    ('packed', 'said'),
    [
        ({'size': [2, 3], 'counts': '5'}, 'run lengths of 5 pixels came for a mask of 2x3; 6'),
        ({'size': [2, 3], 'counts': '061'}, '7 pixels'),
        ({'size': [2, 3], 'counts': 'O7'}, 'pixels'),
        ({'size': [2, 3], 'counts': 'P'}, 'cut off'),
        ({'size': [2, 3], 'counts': ''}, 'no letters'),
        ({'size': [2, 3], 'counts': '6 '}, 'none of COCO'),
        ({'size': [2, 3], 'counts': 'P' * 20 + '0'}, 'too long'),
        ({'size': [6], 'counts': '6'}, 'cannot be read'),
        ({'counts': '6'}, "'size'"),
        ({'size': [float('inf'), 3], 'counts': '6'}, 'cannot be read'),
        ({'size': [10**400, 3], 'counts': '6'}, 'run lengths of 6 pixels'),
        # 64 runs of 2^58, and 6: as 64 bits the sum would be 6.
        ({'size': [2, 3], 'counts': f'{"PPPPPPPPPPP8" * 3}{"0" * 61}VPPPPPPPPPPH'}, '18446744'),
    ],
)
def test_damaged_run_lengths_are_refused_with_words(packed: dict[str, Any], said: str) -> None:
    with pytest.raises(ImageError, match=said):
        rle.decode(packed)


def test_a_mask_has_two_axes() -> None:
    with pytest.raises(ImageError, match=r'\(height, width\)'):
        rle.encode(np.zeros((1, 2, 3)))
