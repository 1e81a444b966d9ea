"""Picture files of every depth are read with the right colours."""

from __future__ import annotations

from pathlib import Path
import struct

import cv2
from isaac_seg_py.errors import ImageError
from isaac_seg_py.picture_files import read_image
import numpy as np
import pytest


def write_float_tiff(path: Path, image: np.ndarray) -> None:
    """Write (H, W, C) float32 as an uncompressed TIFF, as its specification has it."""
    height, width, channels = image.shape
    data = image.astype('<f4').tobytes()
    bits, formats = (struct.pack(f'<{channels}H', *[value] * channels) for value in (32, 3))
    tags = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, channels, 8 + len(data)),
        (259, 3, 1, 1), (262, 3, 1, 2 if channels > 1 else 1), (273, 4, 1, 8),
        (277, 3, 1, channels), (278, 4, 1, height), (279, 4, 1, len(data)), (284, 3, 1, 1),
        (339, 3, channels, 8 + len(data) + len(bits)),
    ]  # fmt: skip
    if channels == 1:
        # A single value stands in the tag itself.
        tags = [(t, k, n, {258: 32, 339: 3}.get(t, v)) for t, k, n, v in tags]
    directory = struct.pack('<H', len(tags)) + b''.join(struct.pack('<HHII', *t) for t in tags)
    where = 8 + len(data) + len(bits) + len(formats)
    head = struct.pack('<2sHI', b'II', 42, where)
    path.write_bytes(head + data + bits + formats + directory + bytes(4))


@pytest.mark.parametrize('suffix', ['png', 'tiff'])
def test_16_bits_are_scaled_and_their_colours_kept(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f'deep.{suffix}'
    # OpenCV writes blue, green, red.
    cv2.imwrite(str(path), np.full((4, 6, 3), (65535, 257 * 100, 257 * 7 + 128), np.uint16))
    image = read_image(path)
    assert image.dtype == np.uint8
    assert image.shape == (4, 6, 3)
    assert np.unique(image.reshape(-1, 3), axis=0).tolist() == [[7, 100, 255]]


def test_16_bits_of_grey_and_with_transparency_become_three_channels(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / 'grey.png'), np.full((4, 6), 257 * 9, np.uint16))
    cv2.imwrite(str(tmp_path / 'clear.png'), np.full((4, 6, 4), (1, 2, 3, 0), np.uint16) * 257)
    assert read_image(tmp_path / 'grey.png')[0, 0].tolist() == [9, 9, 9]
    assert read_image(tmp_path / 'clear.png')[0, 0].tolist() == [3, 2, 1]


def test_floats_from_0_to_1_are_scaled_and_their_colours_kept(tmp_path: Path) -> None:
    image = np.zeros((2, 3, 3), np.float32)
    image[:] = (1.0, 0.5, 0.0)
    image[1, 2] = (0.2, 0.4, 0.6)
    write_float_tiff(tmp_path / 'f.tiff', image)
    found = read_image(tmp_path / 'f.tiff')
    assert found[0, 0].tolist() == [255, 128, 0]
    assert found[1, 2].tolist() == [51, 102, 153]
    write_float_tiff(tmp_path / 'g.tif', image[..., :1])
    assert read_image(tmp_path / 'g.tif')[1, 2].tolist() == [51, 51, 51]


@pytest.mark.parametrize(
    ('value', 'said'), [(3.5, 'from 3.5 to 3.5'), (-1, 'from -1'), (np.nan, 'from nan')]
)
def test_floats_out_of_range_are_refused(tmp_path: Path, value: float, said: str) -> None:
    write_float_tiff(tmp_path / 'f.tiff', np.full((2, 3, 3), value, np.float32))
    with pytest.raises(ImageError, match=f'{said}.*0 to 1 is expected: scale them'):
        read_image(tmp_path / 'f.tiff')


def test_numbers_with_a_sign_are_refused(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / 's.tiff'), np.full((2, 3), 5, np.int16))
    with pytest.raises(ImageError, match='pixels of int16; 8 or 16 bits without a sign'):
        read_image(tmp_path / 's.tiff')


def test_a_picture_is_turned_upright(tmp_path: Path) -> None:
    path = tmp_path / 'turned.jpg'
    image = np.zeros((16, 32, 3), np.uint8)
    image[:, :16] = 255
    done, content = cv2.imencode('.jpg', image)
    assert done
    # EXIF: one tag, orientation 6, which is a quarter turn clockwise.
    tiff = struct.pack('<2sHIHHHIHHI', b'II', 42, 8, 1, 0x112, 3, 1, 6, 0, 0)
    exif = b'Exif\0\0' + tiff
    segment = b'\xff\xe1' + struct.pack('>H', len(exif) + 2) + exif
    path.write_bytes(content.tobytes()[:2] + segment + content.tobytes()[2:])
    found = read_image(path)
    assert found.shape == (32, 16, 3)
    assert found[:14].min() > 200
    assert found[18:].max() < 50
