"""RawImage: reading buffers as cameras give them, and refusing what does not fit."""

from __future__ import annotations

from array import array

from isaac_seg_py.errors import ImageError
from isaac_seg_py.images import ENCODINGS, find_encoding, RawImage, SYNONYMS
import numpy as np
import pytest


def view(buffer, size, encoding, step, is_bigendian=False):
    return RawImage.from_buffer(
        buffer, size=size, encoding=encoding, step=step, is_bigendian=is_bigendian
    )


@pytest.mark.parametrize(
    ('encoding', 'size', 'step', 'big', 'data', 'expected'),
    [
        ('mono8', (2, 3), 3, False, bytes(range(6)), [[0, 1, 2], [3, 4, 5]]),
        ('mono8', (2, 3), 4, False, bytes(range(8)), [[0, 1, 2], [4, 5, 6]]),
        ('mono8', (2, 3), 4, False, bytes(range(7)), [[0, 1, 2], [4, 5, 6]]),
        ('rgb8', (1, 2), 6, True, bytes(range(6)), [[[0, 1, 2], [3, 4, 5]]]),
        ('bgra8', (2, 1), 5, False, bytes(range(10)), [[[0, 1, 2, 3]], [[5, 6, 7, 8]]]),
        ('mono16', (1, 2), 4, False, b'\x01\x00\x00\x02', [[1, 512]]),
        ('mono16', (1, 2), 4, True, b'\x01\x00\x00\x02', [[256, 2]]),
        ('mono16', (2, 1), 3, False, b'\x01\x00\xff\x02\x00\xff', [[1], [2]]),
        ('32FC1', (1, 1), 4, True, b'\x3f\x80\x00\x00', [[1.0]]),
        ('32FC1', (1, 1), 4, False, b'\x00\x00\x80\x3f', [[1.0]]),
        ('uyvy', (1, 2), 4, False, bytes(range(4)), [[[0, 1], [2, 3]]]),
        ('nv12', (2, 2), 3, False, bytes(range(9)), [[0, 1], [3, 4], [6, 7]]),
        ('bayer_rggb8', (1, 1), 1, False, b'\x07', [[7]]),
        ('8UC3', (1, 1), 3, False, b'abc', [[[97, 98, 99]]]),
    ],
)
def test_a_buffer_is_read_as_its_header_says(encoding, size, step, big, data, expected):
    image = view(data, size, encoding, step, big)
    assert image.size == size
    assert image.encoding == SYNONYMS.get(encoding, encoding)
    np.testing.assert_array_equal(image.data, expected)


@pytest.mark.parametrize('encoding', ENCODINGS)
def test_every_encoding_is_viewed_without_a_copy_and_with_row_padding(encoding):
    layout = ENCODINGS[encoding]
    rows, used = round(4 * layout.rows), 6 * layout.channels * layout.dtype.itemsize
    step = used + 8
    buffer = array('B', np.random.default_rng(0).bytes(rows * step))
    image = view(buffer, (4, 6), encoding, step)
    assert np.shares_memory(image.data, np.frombuffer(buffer, np.uint8))
    padded = np.frombuffer(buffer, np.uint8).reshape(rows, step)
    assert image.data.tobytes() == padded[:, :used].tobytes()


@pytest.mark.parametrize(
    ('encoding', 'size', 'step', 'length', 'words'),
    [
        ('rgb8', (2, 2), 6, 11, 'data has 11 bytes; 2x2 rgb8 with step 6 needs 12'),
        ('rgb8', (2, 2), 6, 13, 'data has 13 bytes'),
        ('rgb8', (2, 2), 6, 0, 'data has 0 bytes'),
        ('rgb8', (2, 2), 8, 13, 'needs 16'),
        ('rgb8', (2, 2), 5, 10, 'step is 5 bytes; a row of 2 rgb8 pixels needs 6 or more'),
        ('mono16', (2, 2), 0, 0, 'step is 0'),
        ('rgb8', (0, 2), 6, 0, '2x0; both sides must be 1 or more'),
        ('rgb8', (2, 0), 6, 12, '0x2'),
        ('rgb8', (2**31, 2**31), 2**34, 12, 'data has 12 bytes'),
        ('uyvy', (2, 3), 6, 12, 'needs an even width'),
        ('nv12', (3, 2), 2, 9, 'needs an even width and height'),
        ('nv12', (2, 2), 2, 4, 'needs 6'),
        ('rgb12', (2, 2), 6, 12, "'rgb12' came; expected one of rgb8, bgr8"),
        ('', (2, 2), 6, 12, "encoding '' came"),
    ],
)
def test_a_buffer_that_does_not_fit_its_header_is_refused(encoding, size, step, length, words):
    with pytest.raises(ImageError, match=words):
        view(bytes(length), size, encoding, step)


@pytest.mark.parametrize(
    ('encoding', 'size', 'step'),
    [('uyvy', (3, 2), 4), ('bayer_grbg8', (3, 5), 5), ('bgr8', (1, 1), 3)],
)
def test_odd_sides_are_accepted_where_the_encoding_allows_them(encoding, size, step):
    assert view(bytes(size[0] * step), size, encoding, step).size == size


@pytest.mark.parametrize(
    ('shape', 'dtype', 'encoding', 'size'),
    [
        ((3, 5, 3), np.uint8, 'rgb8', (3, 5)),
        ((3, 5), np.uint8, 'mono8', (3, 5)),
        ((3, 5, 1), np.uint8, 'mono8', (3, 5)),
        ((3, 5), '>u2', 'mono16', (3, 5)),
        ((3, 4, 2), np.uint8, 'uyvy', (3, 4)),
        ((6, 4), np.uint8, 'nv12', (4, 4)),
        ((3, 5, 3), np.float32, '32FC3', (3, 5)),
    ],
)
def test_an_array_is_wrapped_as_it_is(shape, dtype, encoding, size):
    given = np.zeros(shape, dtype)
    image = RawImage.from_array(given, encoding)
    assert image.size == size
    assert np.shares_memory(image.data, given)
    assert image.data.ndim == (2 if ENCODINGS[encoding].channels == 1 else 3)


@pytest.mark.parametrize(
    ('shape', 'dtype', 'encoding', 'words'),
    [
        ((3, 5), np.uint8, 'rgb8', r'\(3, 5\) came for rgb8; \(height, width, 3\)'),
        ((3, 5, 3), np.uint8, 'mono8', r'\(height, width\) was expected'),
        ((1, 3, 5, 3), np.uint8, 'rgb8', 'shape'),
        ((3, 5, 3), np.float64, 'rgb8', 'float64 came for rgb8; uint8 was expected'),
        ((3, 0, 3), np.uint8, 'rgb8', '0x3; both sides'),
        ((3, 3, 2), np.uint8, 'yuyv', 'even width'),
        ((5, 4), np.uint8, 'nv21', '4x3; nv21 .* even width and height'),
        ((7, 4), np.uint8, 'nv21', '7 rows came for nv21; 1.5 rows'),
    ],
)
def test_an_array_of_another_shape_or_type_is_refused(shape, dtype, encoding, words):
    with pytest.raises(ImageError, match=words):
        RawImage.from_array(np.zeros(shape, dtype), encoding)


@pytest.mark.parametrize(('synonym', 'name'), SYNONYMS.items())
def test_synonyms_lead_to_known_encodings(synonym, name):
    assert find_encoding(synonym) == (name, ENCODINGS[name])
