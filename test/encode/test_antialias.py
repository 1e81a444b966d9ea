"""Reducing images as Pillow does: against Pillow, and against sums written out."""

from __future__ import annotations

from typing import Any

from isaac_seg_py.config import EncodeConfig
from isaac_seg_py.encode.antialias import resize_antialiased
from isaac_seg_py.encode.cuda_image import CudaImageEncoder
from isaac_seg_py.encode.image import ImageEncoder
from isaac_seg_py.errors import ConfigError
from isaac_seg_py.images import RawImage
import numpy as np
import pytest

SIZES = [
    ((72, 128), (51, 51)), ((48, 64), (51, 51)), ((97, 333), (64, 64)), ((50, 40), (333, 97)),
    ((100, 100), (100, 37)), ((60, 90), (1, 1)), ((1, 1), (5, 7)), ((40, 33), (40, 33)),
]  # fmt: skip


def resized(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the pixels in another size."""
    return resize_antialiased(pixels, size, np.empty((*size, *pixels.shape[2:]), pixels.dtype))


def weights(old: int, new: int) -> np.ndarray:
    """Return how much of each old pixel is in each new one, one number after the other."""
    found = np.zeros((new, old))
    scale = old / new
    for to in range(new):
        centre = (to + 0.5) * scale
        for of in range(old):
            found[to, of] = max(0.0, 1 - abs(of + 0.5 - centre) / max(scale, 1))
        found[to] /= found[to].sum()
    return found


@pytest.mark.parametrize(('old', 'new'), SIZES)
@pytest.mark.parametrize('channels', [(), (3,), (4,)])
def test_a_pixel_is_the_mean_of_all_it_covers(
    old: tuple[int, int],
    new: tuple[int, int],
    channels: tuple[int, ...],
    random_numbers: np.random.Generator,
) -> None:
    pixels = random_numbers.random((*old, *channels), np.float32) * 255
    down, across = (weights(*lengths) for lengths in zip(old, new, strict=True))
    expected = np.einsum('ij,kl,jl...->ik...', down, across, pixels.astype(float))
    np.testing.assert_allclose(resized(pixels, new), expected, atol=1e-3)
    # Bytes are rounded twice.
    found = resized(pixels.astype(np.uint8), new).astype(float)
    expected = np.einsum('ij,kl,jl...->ik...', down, across, np.floor(pixels.astype(float)))
    assert np.abs(found - expected).max() <= 1.01


@pytest.mark.parametrize('value', [0, 1, 254, 255])
def test_an_image_of_one_value_keeps_it(value: int) -> None:
    for old, new in SIZES:
        assert (resized(np.full((*old, 3), value, np.uint8), new) == value).all()


@pytest.mark.reference
@pytest.mark.parametrize(('old', 'new'), [*SIZES, ((720, 1280), (512, 512))])
def test_bytes_are_those_of_pillow(
    old: tuple[int, int], new: tuple[int, int], random_numbers: np.random.Generator
) -> None:
    image = pytest.importorskip('PIL.Image')
    pixels = random_numbers.integers(0, 256, (*old, 3), np.uint8)
    expected = np.asarray(image.fromarray(pixels).resize(new[::-1], image.Resampling.BILINEAR))
    away = np.abs(resized(pixels, new).astype(int) - expected)
    # Pillow counts in whole numbers, and a sum may come to a half on one side only.
    assert away.max() <= 1
    assert (away > 0).mean() < 0.05


@pytest.mark.parametrize('fit', ['stretch', 'letterbox', 'crop'])
def test_the_encoder_reduces_so_and_places_as_ever(
    fit: str, random_numbers: np.random.Generator
) -> None:
    pixels = random_numbers.integers(0, 256, (90, 200, 3), np.uint8)
    settings: dict[str, Any] = {
        'network_image_width': 64, 'network_image_height': 48, 'fit': fit,
        'tensor_dtype': 'uint8', 'tensor_layout': 'NHWC',
    }  # fmt: skip
    encode = ImageEncoder(EncodeConfig(interpolation='antialias', **settings))
    outputs = encode(RawImage.from_array(pixels, 'bgr8'))
    view = outputs.view
    assert view is not None
    assert view == ImageEncoder(EncodeConfig(**settings)).view_of((90, 200))
    top, left, bottom, right = view.visible()
    rows, columns = view.offset
    whole = resized(pixels, view.content)[..., ::-1]
    expected = whole[top - rows : bottom - rows, left - columns : right - columns]
    found = outputs['output_tensor'][0, top:bottom, left:right]
    np.testing.assert_array_equal(found, expected)


def test_the_device_leaves_it_to_the_host() -> None:
    config = EncodeConfig(network_image_width=8, network_image_height=8, interpolation='antialias')
    with pytest.raises(ConfigError, match='antialias is done on the host; use Pipeline, or set'):
        CudaImageEncoder(config)
