"""to_color: every encoding, with values computed by hand."""

from __future__ import annotations

from isaac_seg_py.encode.colors import to_color
from isaac_seg_py.errors import ImageError
from isaac_seg_py.images import ENCODINGS, RawImage
import numpy as np
import pytest

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
BLACK, WHITE, GRAY = (0, 0, 0), (255, 255, 255), (128, 128, 128)
U8, U16, F32 = np.uint8, np.uint16, np.float32
# Y, U, V in BT.601 with limited range: red 81, 90, 240; green 145, 54, 34; blue 41, 240, 110.

# Encoding, element type, pixels, the RGB they are, and how far off a value may be.
TABLE = [
    ('rgb8', U8, [[RED, GREEN], [BLUE, (1, 2, 3)]], [[RED, GREEN], [BLUE, (1, 2, 3)]], 0),
    ('bgr8', U8, [[RED, GREEN], [BLUE, (1, 2, 3)]], [[BLUE, GREEN], [RED, (3, 2, 1)]], 0),
    ('rgba8', U8, [[(1, 2, 3, 0), (4, 5, 6, 255)]], [[(1, 2, 3), (4, 5, 6)]], 0),
    ('bgra8', U8, [[(1, 2, 3, 0)], [(4, 5, 6, 255)]], [[(3, 2, 1)], [(6, 5, 4)]], 0),
    ('mono8', U8, [[0, 7], [128, 255]], [[BLACK, (7, 7, 7)], [GRAY, WHITE]], 0),
    ('mono16', U16, [[0, 257, 65535]], [[BLACK, (1, 1, 1), WHITE]], 1e-5),
    ('mono16', '>u2', [[0, 257, 65535]], [[BLACK, (1, 1, 1), WHITE]], 1e-5),
    ('rgb16', U16, [[(65535, 257, 514)]], [[(255, 1, 2)]], 1e-5),
    ('rgb16', '>u2', [[(65535, 257, 514)]], [[(255, 1, 2)]], 1e-5),
    ('bgr16', U16, [[(65535, 257, 514)]], [[(2, 1, 255)]], 1e-5),
    ('32FC1', F32, [[0, 0.5, 1]], [[BLACK, (127.5,) * 3, WHITE]], 0),
    ('32FC1', '>f4', [[0, 0.5, 2]], [[BLACK, (127.5,) * 3, (510,) * 3]], 0),
    ('32FC3', F32, [[(1, 0.5, 0)]], [[(0, 127.5, 255)]], 0),
    ('32FC3', '>f4', [[(1, 0.5, -1)]], [[(-255, 127.5, 255)]], 0),
    ('uyvy', U8, [[(128, 16), (128, 235)]], [[BLACK, WHITE]], 0),
    ('uyvy', U8, [[(90, 81), (240, 81)]], [[RED, RED]], 2),
    ('yuyv', U8, [[(145, 54), (145, 34)]], [[GREEN, GREEN]], 2),
    (
        'yuyv',
        U8,
        [[(16, 128), (126, 128)], [(41, 240), (41, 110)]],
        [[BLACK, GRAY], [BLUE] * 2],
        2,
    ),
    ('nv12', U8, [[81, 81], [81, 81], [90, 240]], [[RED] * 2] * 2, 2),
    ('nv21', U8, [[41, 41], [41, 41], [110, 240]], [[BLUE] * 2] * 2, 2),
    (
        'nv12',
        U8,
        [[16, 235, 145, 145], [126, 126, 145, 145], [128, 128, 54, 34]],
        [[BLACK, WHITE, GREEN, GREEN], [GRAY, GRAY, GREEN, GREEN]],
        2,
    ),
]


@pytest.mark.parametrize(('encoding', 'dtype', 'pixels', 'rgb', 'off'), TABLE)
@pytest.mark.parametrize('order', ['rgb', 'bgr'])
def test_colours_are_right(encoding, dtype, pixels, rgb, off, order):
    image = RawImage.from_array(np.array(pixels, dtype), encoding)
    result = to_color(image, order)
    expected = np.array(rgb, np.float64)[..., :: 1 if order == 'rgb' else -1]
    assert result.dtype == (U8 if ENCODINGS[encoding].dtype == U8 else F32)
    np.testing.assert_allclose(result, expected, atol=off)


@pytest.mark.parametrize(('encoding', 'dtype', 'pixels', 'rgb', 'off'), TABLE)
def test_grey_is_the_brightness_of_the_colours(encoding, dtype, pixels, rgb, off):
    image = RawImage.from_array(np.array(pixels, dtype), encoding)
    result = to_color(image, 'gray')
    expected = np.array(rgb, np.float64) @ (0.299, 0.587, 0.114)
    assert result.shape == image.size
    np.testing.assert_allclose(result, expected, atol=max(off, 1 if result.dtype == U8 else 1e-3))


# Where red, green and blue lie in a tile of 2x2.
MOSAICS = {'rggb': 'RGGB', 'bggr': 'BGGR', 'gbrg': 'GBRG', 'grbg': 'GRBG'}


@pytest.mark.parametrize('name', MOSAICS)
@pytest.mark.parametrize('size', [(8, 8), (7, 5), (3, 3)])
def test_a_mosaic_of_one_colour_becomes_that_colour(name, size):
    colour = {'R': 200, 'G': 100, 'B': 50}
    tile = np.array([colour[letter] for letter in MOSAICS[name]], U8).reshape(2, 2)
    mosaic = np.tile(tile, (4, 4))[: size[0], : size[1]]
    image = RawImage.from_array(mosaic, f'bayer_{name}8')
    assert (to_color(image, 'rgb') == (200, 100, 50)).all()
    assert (to_color(image, 'bgr') == (50, 100, 200)).all()
    np.testing.assert_allclose(to_color(image, 'gray'), 0.299 * 200 + 0.587 * 100 + 5.7, atol=1)


def test_a_mosaic_too_small_to_interpolate_is_refused():
    image = RawImage.from_array(np.full((2, 8), 9, U8), 'bayer_rggb8')
    with pytest.raises(ImageError, match='8x2; a bayer_rggb8 mosaic needs 3x3'):
        to_color(image)


@pytest.mark.parametrize(
    ('encoding', 'order', 'shape'),
    [('rgb8', 'rgb', (4, 6, 3)), ('bgr8', 'bgr', (4, 6, 3)), ('mono8', 'gray', (4, 6))],
)
def test_what_is_right_already_is_not_copied(encoding, order, shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, U8)
    padded = np.zeros((4, 32), U8)
    padded[:, : pixels[0].size] = pixels.reshape(4, -1)
    image = RawImage.from_buffer(
        padded.tobytes(), size=(4, 6), encoding=encoding, step=32, is_bigendian=False
    )
    result = to_color(image, order)
    assert np.shares_memory(result, image.data)
    np.testing.assert_array_equal(result, pixels)
    out = np.zeros_like(pixels)
    assert to_color(image, order, out) is out
    np.testing.assert_array_equal(out, pixels)


@pytest.mark.parametrize('encoding', ENCODINGS)
@pytest.mark.parametrize('order', ['rgb', 'bgr', 'gray'])
def test_row_padding_changes_nothing_and_the_message_stays_as_it_was(encoding, order):
    layout = ENCODINGS[encoding]
    shape = (round(4 * layout.rows), 6, *([layout.channels] if layout.channels > 1 else []))
    pixels = (np.random.default_rng(1).random(shape) * 255).astype(layout.dtype)
    rows = pixels.reshape(shape[0], -1).view(U8)
    padded = np.pad(rows, ((0, 0), (0, 8)), constant_values=255)
    buffer = padded.tobytes()
    image = RawImage.from_buffer(
        buffer, size=(4, 6), encoding=encoding, step=padded.shape[1], is_bigendian=False
    )
    plain = to_color(RawImage.from_array(pixels, encoding), order)
    np.testing.assert_array_equal(to_color(image, order), plain)
    out = np.empty_like(plain)
    to_color(image, order, out)
    np.testing.assert_array_equal(out, plain)
    assert buffer == padded.tobytes()


def test_flipped_and_transposed_arrays_are_read_as_they_are():
    pixels = np.random.default_rng(2).integers(0, 256, (4, 6, 3), U8)
    for given in (pixels[::-1], pixels[:, ::-1], pixels[..., ::-1], pixels.transpose(1, 0, 2)):
        result = to_color(RawImage.from_array(given, 'bgr8'), 'rgb')
        np.testing.assert_array_equal(result, given[..., ::-1])


@pytest.mark.parametrize(
    ('value', 'place', 'words'),
    [
        (np.nan, (2, 1), '1 of 12 values of the 32FC1 image .* row 2, column 1'),
        (np.inf, (0, 3), 'row 0, column 3'),
        (-np.inf, (2, 3), 'row 2, column 3'),
    ],
)
def test_a_float_image_with_no_numbers_is_refused(value, place, words):
    pixels = np.zeros((3, 4), F32)
    pixels[place] = value
    with pytest.raises(ImageError, match=words):
        to_color(RawImage.from_array(pixels, '32FC1'))


def test_two_infinities_that_cancel_are_both_counted():
    pixels = np.zeros((3, 4, 3), F32)
    pixels[1, 2] = np.inf, -np.inf, 0
    with pytest.raises(ImageError, match=r'2 of 36 values of the 32FC3 .* row 1, column 2'):
        to_color(RawImage.from_array(pixels, '32FC3'))


def test_large_but_finite_floats_pass():
    pixels = np.full((8, 8), 1e36, F32)
    assert (to_color(RawImage.from_array(pixels, '32FC1'), 'gray') == F32(1e36) * F32(255)).all()


def test_an_unknown_order_is_refused():
    with pytest.raises(ImageError, match="'rbg' came; expected one of rgb, bgr, gray"):
        to_color(RawImage.from_array(np.zeros((1, 1), U8), 'mono8'), 'rbg')
