"""Colours are the bytes that an encoding promises."""

from __future__ import annotations

from typing import Any

from isaac_seg_py.errors import ConfigError, ImageError
from isaac_seg_py.palette import DEFAULT, Palette
import numpy as np
import pytest

PALETTE = Palette((0x102030, 0xFF8C00))
LABELS = np.array([[0, 1], [2, 3]], np.uint8)


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16])
@pytest.mark.parametrize(
    ('encoding', 'first', 'second'),
    [
        ('rgb8', [0x10, 0x20, 0x30], [0xFF, 0x8C, 0x00]),
        ('bgr8', [0x30, 0x20, 0x10], [0x00, 0x8C, 0xFF]),
        ('rgba8', [0x10, 0x20, 0x30, 0], [0xFF, 0x8C, 0x00, 255]),
        ('bgra8', [0x30, 0x20, 0x10, 0], [0x00, 0x8C, 0xFF, 255]),
    ],
)
def test_each_encoding_has_its_order_of_bytes(
    encoding: str, first: list[int], second: list[int], dtype: type
) -> None:
    picture = PALETTE.color(LABELS.astype(dtype), encoding)
    assert picture[0].tolist() == [first, second]
    # Class 2 has the first colour again, but only class 0 is the background.
    assert picture[1].tolist() == [[*first[:3], 255][: len(first)], second]


@pytest.mark.parametrize(
    ('background', 'alpha'), [(0, [0, 255]), (1, [255, 0]), (None, [255] * 2)]
)
def test_only_the_background_is_transparent(background: int | None, alpha: list[int]) -> None:
    assert PALETTE.color(LABELS, 'rgba8', background)[0, :, 3].tolist() == alpha


def test_opacities_are_those_of_the_palette_and_of_the_overlay() -> None:
    palette = Palette((1, 2, 3), (0, 255, 40))
    labels = np.array([[0, 1, 2, 3]], np.uint8)
    assert palette.color(labels, 'rgba8', None)[0, :, 3].tolist() == [0, 255, 40, 255]
    assert palette.color(labels, 'rgba8', 2)[0, :, 3].tolist() == [0, 255, 0, 255]
    over = palette.laid_over(0.4)
    assert over.color(labels, 'bgra8', None)[0, :, 3].tolist() == [0, 102, 40, 102]
    assert over.color(labels)[0].tolist() == palette.color(labels)[0].tolist()
    with pytest.raises(ConfigError, match='opacity 256 came'):
        Palette((1,), (256,))


def test_every_class_of_either_type_has_the_colour_of_the_plain_formula(
    random_numbers: np.random.Generator,
) -> None:
    for dtype, most in ((np.uint8, 256), (np.uint16, 65536)):
        labels = random_numbers.integers(0, most, (37, 53)).astype(dtype)
        numbers = np.array(DEFAULT.colors)[labels.astype(int) % 20]
        expected = np.stack([numbers >> 16, numbers >> 8 & 255, numbers & 255], axis=-1)
        np.testing.assert_array_equal(DEFAULT.color(labels), expected)
        np.testing.assert_array_equal(DEFAULT.color(labels[:, ::3]), expected[:, ::3])


def test_the_first_default_colours_are_those_of_isaac_ros() -> None:
    assert [DEFAULT.rgb(i) for i in (0, 1, 20)] == [(85, 107, 47), (128, 0, 0), (85, 107, 47)]
    assert len(DEFAULT) == 20


def test_a_picture_is_written_where_the_caller_wants_it() -> None:
    out = np.zeros((2, 2, 3), np.uint8)
    assert PALETTE.color(LABELS, 'bgr8', out=out) is out
    assert out[0, 0].tolist() == [0x30, 0x20, 0x10]


def test_colours_are_read_from_numbers_and_texts() -> None:
    assert Palette.parse([0xFF, '#ff8C00', '0x0000ff', '0XABCDEF']).colors == (
        0xFF,
        0xFF8C00,
        0xFF,
        0xABCDEF,
    )


@pytest.mark.parametrize(
    'values', [[], [-1], [0x1000000], [True], ['#fff'], ['red'], ['0x-12345'], ['1_2345'], [1.0]]
)
def test_what_is_no_colour_is_refused(values: list[Any]) -> None:
    with pytest.raises(ConfigError, match='0xRRGGBB'):
        Palette.parse(values)


@pytest.mark.parametrize(
    ('labels', 'more', 'said'),
    [
        (LABELS.astype(np.int32), {}, 'labels are int32'),
        (LABELS[0], {}, r'shape \(2,\)'),
        (np.zeros((0, 4), np.uint8), {}, r'shape \(0, 4\)'),
        (LABELS, {'encoding': 'mono8'}, 'expected one of rgb8, bgr8, rgba8, bgra8'),
        (LABELS, {'out': np.zeros((2, 2, 4), np.uint8)}, r'uint8 \(2, 2, 3\) is expected'),
        (LABELS, {'out': np.zeros((2, 4, 3), np.uint8)[:, ::2]}, 'contiguous'),
    ],
)
def test_wrong_arrays_are_refused_with_words(
    labels: np.ndarray, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(ImageError, match=said):
        PALETTE.color(labels, **more)
