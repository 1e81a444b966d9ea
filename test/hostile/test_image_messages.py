"""Images, compressed images and camera infos that lie about themselves."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import cv2
from hypothesis import example, given
from hypothesis import strategies as st
from isaac_seg_py.config import EncodeConfig
from isaac_seg_py.encode.compressed import decode_compressed
from isaac_seg_py.encode.image import ImageEncoder
from isaac_seg_py.errors import ImageError
from isaac_seg_py.image_messages import image_from_message
from isaac_seg_py.images import ENCODINGS, SYNONYMS
import numpy as np

SIDES = st.one_of(
    st.integers(0, 40),
    st.sampled_from([255, 256, 4095, 65535, 1 << 16, (1 << 31) - 1, (1 << 32) - 1]),
)
NAMES = st.one_of(st.sampled_from([*ENCODINGS, *SYNONYMS]), st.text(max_size=12))
# What a network's canvas and its buffers take, whatever comes.
CANVAS = 4 << 20


LIAR = SimpleNamespace(
    height=65535, width=65535, encoding='rgb8', step=196605, is_bigendian=0, data=b'0123456789'
)


@st.composite
def images(draw: Any) -> SimpleNamespace:
    """Make a message whose fields may or may not fit together."""
    height, width, name = draw(SIDES), draw(SIDES), draw(NAMES)
    step = draw(st.one_of(SIDES, st.just(width), st.just(min(3 * width, (1 << 32) - 1))))
    right = height * step if height * step <= 4000 else 0
    length = draw(st.one_of(st.integers(0, 600), st.just(right)))
    fill = draw(st.integers(0, 255))
    return SimpleNamespace(
        height=height, width=width, encoding=name, step=step,
        is_bigendian=draw(st.sampled_from([0, 1, 255])), data=bytes([fill]) * length,
    )  # fmt: skip


@given(images())
@example(LIAR)
def test_an_image_is_either_refused_or_read_whole(bounded: Any, message: SimpleNamespace) -> None:
    encoder = ImageEncoder(EncodeConfig(network_image_width=8, network_image_height=6))
    with bounded(CANVAS):
        try:
            image = image_from_message(message)
            tensors = encoder(image)
        except ImageError as error:
            assert str(error)
            return
    assert image.size == (message.height, message.width)
    assert len(message.data) >= message.height * message.step or message.height == 1
    (tensor,) = tensors.arrays.values()
    assert tensor.shape == (1, 3, 6, 8)
    # Floats of a camera may be anything; those of bytes may not.
    assert np.isfinite(tensor).all() or image.encoding.startswith('32FC')


PICTURE = np.random.default_rng(1).integers(0, 255, (40, 30, 3)).astype(np.uint8)
WHOLE = [
    cv2.imencode('.png', PICTURE)[1].tobytes(),
    cv2.imencode('.jpg', PICTURE)[1].tobytes(),
    cv2.imencode('.jpg', PICTURE, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes(),
]


@st.composite
def damaged(draw: Any) -> bytes:
    """Make a file with a few bytes changed, cut out or put in."""
    content = bytearray(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        kind = draw(st.sampled_from(['change', 'cut', 'put', 'end']))
        if kind == 'change' and at < len(content):
            content[at] = draw(st.integers(0, 255))
        elif kind == 'cut':
            del content[at : at + draw(st.integers(1, 30))]
        elif kind == 'put':
            content[at:at] = draw(st.binary(max_size=20))
        else:
            del content[at:]
    return bytes(content)


@given(st.one_of(damaged(), st.binary(max_size=60)), st.text(max_size=20))
def test_a_compressed_image_is_either_refused_or_of_the_size_that_it_says(
    bounded: Any, data: bytes, name: str
) -> None:
    with bounded(CANVAS):
        try:
            image = decode_compressed(data, name, max_pixels=1 << 16)
        except ImageError as error:
            assert str(error)
            return
    assert 0 < image.size[0] * image.size[1] <= 1 << 16
    assert image.data.shape[:2] == image.size


@given(st.integers(1, 65535), st.integers(1, 65535))
@example(65535, 65535)
def test_a_bomb_is_refused_before_it_goes_off(bounded: Any, height: int, width: int) -> None:
    """The header of a small JPEG is made to claim another size."""
    content = bytearray(WHOLE[1])
    at = content.index(b'\xff\xc0') + 5
    content[at : at + 4] = height.to_bytes(2, 'big') + width.to_bytes(2, 'big')
    with bounded(8 << 20):
        try:
            image = decode_compressed(bytes(content), max_pixels=1 << 20)
        except ImageError:
            return
    assert image.size == (height, width)
    assert height * width <= 1 << 20
