"""decode_compressed: what the bytes are, and damage of every kind."""

from __future__ import annotations

from array import array
import struct
import zlib

import cv2
from isaac_seg_py.encode import decode_compressed, to_color
from isaac_seg_py.errors import ImageError
import numpy as np
import pytest

COLOURS = np.array([[(255, 0, 0), (0, 255, 0)], [(0, 0, 255), (9, 99, 199)]], np.uint8)
GREY = np.arange(6, dtype=np.uint8).reshape(2, 3) * 50
DEEP = GREY.astype(np.uint16) * 260
WITH_ALPHA = np.dstack([COLOURS, [[0, 1], [2, 255]]]).astype(np.uint8)


def chunk(kind, body):
    return struct.pack('>I', len(body)) + kind + body + struct.pack('>I', zlib.crc32(kind + body))


def png(width, height, depth, colour_type, rows, extra=b''):
    """Write a PNG by hand; `rows` are the bytes of each row."""
    header = struct.pack('>IIBBBBB', width, height, depth, colour_type, 0, 0, 0)
    pixels = zlib.compress(b''.join(b'\0' + row for row in rows))
    chunks = chunk(b'IHDR', header), extra, chunk(b'IDAT', pixels), chunk(b'IEND', b'')
    return b'\x89PNG\r\n\x1a\n' + b''.join(chunks)


def encoded(pixels, suffix='.png', *options):
    done, data = cv2.imencode(suffix, pixels, list(options))
    assert done
    return data.tobytes()


@pytest.mark.parametrize(
    ('data', 'encoding', 'pixels'),
    [
        (encoded(COLOURS), 'bgr8', COLOURS),
        (encoded(GREY), 'mono8', GREY),
        (encoded(DEEP), 'mono16', DEEP),
        (encoded(WITH_ALPHA), 'bgra8', WITH_ALPHA),
        (encoded(COLOURS.astype(np.uint16) * 257), 'bgr16', COLOURS.astype(np.uint16) * 257),
        (encoded(WITH_ALPHA.astype(np.uint16) * 257), 'bgr16', COLOURS.astype(np.uint16) * 257),
        (png(2, 1, 8, 2, [b'\1\2\3\4\5\6']), 'bgr8', [[(3, 2, 1), (6, 5, 4)]]),
        (png(8, 1, 1, 0, [b'\xa0']), 'mono8', [[255, 0, 255, 0, 0, 0, 0, 0]]),
        (
            png(2, 1, 8, 3, [b'\1\0'], chunk(b'PLTE', bytes(range(6)))),
            'bgr8',
            [[(5, 4, 3), (2, 1, 0)]],
        ),
        (png(1, 1, 8, 4, [b'\x07\x80']), 'bgra8', [[(7, 7, 7, 128)]]),
    ],
    ids=[
        'colour',
        'grey',
        'grey 16',
        'alpha',
        'colour 16',
        'alpha 16',
        'by hand',
        'one bit',
        'palette',
        'grey and alpha',
    ],
)
def test_a_png_comes_back_exactly(data, encoding, pixels):
    image = decode_compressed(data, 'png')
    assert image.encoding == encoding
    assert image.size == np.shape(pixels)[:2]
    np.testing.assert_array_equal(image.data, pixels)


@pytest.mark.parametrize('kind', [bytes, bytearray, memoryview, lambda data: array('B', data)])
@pytest.mark.parametrize(
    'options', [(), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1), (cv2.IMWRITE_JPEG_RST_INTERVAL, 2)]
)
@pytest.mark.parametrize(
    ('pixels', 'encoding'),
    [
        (np.full((33, 47, 3), (200, 100, 30), np.uint8), 'bgr8'),
        (np.full((33, 47), 90, np.uint8), 'mono8'),
    ],
)
def test_a_jpeg_comes_back_nearly(kind, options, pixels, encoding):
    image = decode_compressed(
        kind(encoded(pixels, '.jpg', *options)), 'rgb8; jpeg compressed bgr8'
    )
    assert (image.encoding, image.size) == (encoding, (33, 47))
    np.testing.assert_allclose(image.data, pixels, atol=3)


def test_colours_of_a_camera_arrive_as_they_were():
    rgb = np.zeros((16, 16, 3), np.uint8) + np.array((250, 120, 10), np.uint8)
    image = decode_compressed(encoded(rgb[..., ::-1], '.jpg'), 'jpeg')
    np.testing.assert_allclose(to_color(image, 'rgb'), rgb, atol=3)


def test_a_mosaic_keeps_its_name():
    assert (
        decode_compressed(encoded(GREY), 'bayer_grbg8; png compressed ').encoding == 'bayer_grbg8'
    )
    assert decode_compressed(encoded(GREY), 'mono8; png compressed ').encoding == 'mono8'
    assert decode_compressed(encoded(DEEP), 'bayer_grbg16; png compressed ').encoding == 'mono16'


def test_bytes_behind_the_end_do_no_harm():
    assert decode_compressed(encoded(GREY) + b'\0' * 9).size == (2, 3)
    assert decode_compressed(encoded(GREY, '.jpg') + b'rest\0\0').size == (2, 3)


def test_the_turn_that_a_jpeg_asks_for_is_left_to_the_camera():
    exif = b'Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0'
    plain = encoded(np.zeros((8, 24, 3), np.uint8), '.jpg')
    turned = plain[:2] + b'\xff\xe1' + struct.pack('>H', len(exif) + 2) + exif + plain[2:]
    assert decode_compressed(turned).size == (8, 24)


def jpeg_of_size(height, width):
    data = bytearray(encoded(GREY, '.jpg'))
    at = data.index(b'\xff\xc0')
    data[at + 5 : at + 9] = struct.pack('>HH', height, width)
    return bytes(data)


PNG, JPEG = encoded(COLOURS), encoded(np.tile(GREY, (20, 20)), '.jpg')


@pytest.mark.parametrize(
    ('data', 'words'),
    [
        (b'', 'begin with nothing; JPEG or PNG'),
        (b'GIF89a\1\0', "format 'jpeg' .* 47 49 46 38"),
        (bytes(12) + PNG, '00 00 00 00'),
        (png(60000, 60000, 8, 2, [b'']), '60000x60000 pixels; 1 to 67108864'),
        (jpeg_of_size(65000, 65000), '65000x65000 pixels'),
        (jpeg_of_size(0, 3), '3x0 pixels'),
        (png(0, 4, 8, 0, [b'']), '0x4 pixels'),
        (PNG[:8], 'no end within its 8 bytes'),
        (PNG[:-1], 'no end'),
        (PNG[:40], 'no end'),
        (PNG[:50] + b'\0' + PNG[51:], r"checksum of its b'IDAT' chunk at byte 33 is wrong"),
        (PNG[:8] + chunk(b'IEND', b''), 'IHDR'),
        (png(50, 50, 8, 2, [b'\1']), 'OpenCV could not decode|OpenCV says'),
        (JPEG[:3], 'no size'),
        (JPEG[:20], 'no size'),
        (JPEG[:-2], 'no end within'),
        (JPEG[: len(JPEG) // 2 + 200], 'no end within'),
        (b'\xff\xd8\xff\xd9', 'no size'),
    ],
)
def test_damage_is_refused(data, words):
    with pytest.raises(ImageError, match=words):
        decode_compressed(data, 'jpeg')


@pytest.mark.parametrize('whole', [PNG, JPEG], ids=['png', 'jpeg'])
def test_every_cut_is_refused(whole):
    for length in range(len(whole)):
        with pytest.raises(ImageError):
            decode_compressed(whole[:length])
    assert decode_compressed(whole)


def test_the_limit_of_pixels_can_be_set():
    assert decode_compressed(PNG, max_pixels=4).size == (2, 2)
    with pytest.raises(ImageError, match='2x2 pixels; 1 to 3'):
        decode_compressed(PNG, max_pixels=3)
