"""Labels in PNG files: plain, with a palette, and what is none."""

from __future__ import annotations

from pathlib import Path
import struct
import zlib

import cv2
from isaac_seg_py.errors import ImageError
from isaac_seg_py.evaluation.label_files import read_labels
import numpy as np
import pytest


def indexed_png(labels: np.ndarray, palette: list[tuple[int, int, int]]) -> bytes:
    """Return a PNG with a palette, as VOC's labels are."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = zlib.crc32(kind + content)
        return struct.pack('>I', len(content)) + kind + content + struct.pack('>I', crc)

    height, width = labels.shape
    rows = np.hstack([np.zeros((height, 1), np.uint8), labels]).tobytes()
    return (
        b'\x89PNG\r\n\x1a\n'
        + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 3, 0, 0, 0))
        + chunk(b'PLTE', bytes(value for color in palette for value in color))
        + chunk(b'IDAT', zlib.compress(rows))
        + chunk(b'IEND', b'')
    )


def test_labels_with_a_palette_are_its_numbers(tmp_path: Path) -> None:
    labels = np.array([[0, 1, 2], [3, 2, 255]], np.uint8)
    palette = [(0, 0, 0), (128, 0, 0), (0, 128, 0), (1, 2, 3), *[(9, 9, 9)] * 251, (224, 224, 192)]
    (tmp_path / 'a.png').write_bytes(indexed_png(labels, palette))
    np.testing.assert_array_equal(read_labels(tmp_path / 'a.png'), labels)


def test_labels_in_colours_are_refused(tmp_path: Path) -> None:
    gray = np.repeat(np.arange(6, dtype=np.uint8).reshape(2, 3, 1), 3, 2)
    cv2.imwrite(str(tmp_path / 'gray.png'), gray)
    np.testing.assert_array_equal(read_labels(tmp_path / 'gray.png'), gray[..., 0])
    gray[0, 0, 1] = 9
    cv2.imwrite(str(tmp_path / 'color.png'), gray)
    cv2.imwrite(str(tmp_path / 'deep.png'), np.full((2, 2), 300, np.uint16))
    for name, said in (
        ('color', 'have colours'), ('deep', 'go up to 300'), ('none', 'cannot be read'),
    ):  # fmt: skip
        with pytest.raises(ImageError, match=said):
            read_labels(tmp_path / f'{name}.png')
