"""
preprocess.cu against ImageEncoder.

Bytes, resampled linearly or by the nearest pixel, come out equal to the bit: the kernel weighs and
rounds as OpenCV does on x86; elsewhere OpenCV may take short cuts of its own, for 1 of 255. Areas,
which OpenCV sums in another order, may differ by 1 where a mean lies halfway between two levels.
Wider pixels, which OpenCV mixes in an order of its own, may differ by a few roundings.
"""

from __future__ import annotations

import itertools
import platform

from host_kernels import on_every_engine, zeros
from isaac_seg_py.config import EncodeConfig
from isaac_seg_py.cuda.kernel_geometry import launch_grid
from isaac_seg_py.cuda.kernel_images import image_source, preprocess_parameters
from isaac_seg_py.encode import ImageEncoder
from isaac_seg_py.encode.normalize import Normalizer
from isaac_seg_py.errors import ImageError
from isaac_seg_py.geometry import FITS
from isaac_seg_py.images import ENCODINGS, RawImage
import numpy as np
import pytest

SEED = 800_000
SIZES = ((30, 46), (24, 40), (64, 80), (6, 64), (66, 38), (90, 150), (48, 80), (4, 4))
NETWORKS = ((24, 40), (33, 29), (17, 51), (64, 8))
# Odd sizes, for the encodings that do not share colours between pixels.
ODD_SIZES = ((31, 47), (5, 65), (33, 29), (1, 1))
SETTINGS = list(
    itertools.product(
        ('rgb', 'bgr', 'gray'), ('NCHW', 'NHWC'), ('float32', 'float16', 'uint8'), FITS
    )
)
# Levels of 255 that a value may be off, and the share of values that may be off at all.
EXACT = (0, 0) if platform.machine() == 'x86_64' else (1.001, 0.05)
AREAS, WIDE = (1.001, 2e-3), (1e-3, 1)


def picture(size, encoding, big_endian, gap, rng):
    """Return an image whose rows have a gap between them, and the bytes that it is a view of."""
    layout = ENCODINGS[encoding]
    rows = round(size[0] * layout.rows)
    values = rng.random((rows, size[1] * layout.channels))
    if layout.dtype.kind == 'u':
        values *= np.iinfo(layout.dtype).max
    pixels = values.astype(layout.dtype.newbyteorder('>' if big_endian else '<')).view(np.uint8)
    padded = np.pad(pixels, ((0, 0), (0, gap * layout.dtype.itemsize)), constant_values=255)
    image = RawImage.from_buffer(
        padded.reshape(-1), size=size, encoding=encoding, step=padded.shape[1],
        is_bigendian=big_endian,
    )  # fmt: skip
    return image, padded


def settings_of(index, interpolation):
    order, layout, dtype, fit = SETTINGS[index % len(SETTINGS)]
    height, width = NETWORKS[index % len(NETWORKS)]
    return EncodeConfig(
        network_image_height=height, network_image_width=width, fit=fit,
        interpolation=interpolation, color_order=order, tensor_layout=layout, tensor_dtype=dtype,
        padding_value=7.0, pad_after_normalization=index % 2 == 1, batch_size=1 + index % 2,
        **({} if dtype == 'uint8' else {'image_mean': (0.4, 0.5, 0.6), 'image_stddev': (0.3,)}),
    )  # fmt: skip


def encode(engine, image, padded, config, not_finite=None):
    """Return the tensor that the kernel makes of an image."""
    encoder, normalizer = ImageEncoder(config), Normalizer(config)
    view = encoder.view_of(image.size)
    parameters = preprocess_parameters(
        image, view, config,
        scale=normalizer.scale, bias=normalizer.bias, padding=normalizer.padding,
    )  # fmt: skip
    tensor = zeros(encoder.spec.shape, encoder.spec.dtype)
    arrays = {'image.pixels': padded, 'tensor': tensor}
    if not_finite is not None:
        arrays['not_finite'] = not_finite
    engine.run('preprocess', launch_grid(view.canvas), parameters, arrays)
    return tensor


def levels_off(found, expected, config):
    """Return how far values are apart, in levels of 0 to 255."""
    off = np.abs(found.astype(np.float64) - expected)
    return off / Normalizer(config).scale[0].astype(np.float64)


@on_every_engine
@pytest.mark.parametrize('interpolation', ['linear', 'nearest', 'area'])
@pytest.mark.parametrize('encoding', ENCODINGS)
def test_the_tensor_is_that_of_the_encoder(engine, encoding, interpolation):
    rng = np.random.default_rng(SEED)
    layout = ENCODINGS[encoding]
    wide = layout.dtype.itemsize > 1
    sizes = SIZES if layout.even_width else SIZES + ODD_SIZES
    values, different = 0, 0
    for index in range(len(SETTINGS)):
        size = sizes[index % len(sizes)]
        if layout.kind == 'bayer' and min(size) < 3:
            continue
        config = settings_of(index, interpolation)
        image, padded = picture(size, encoding, index % 3 == 1, index % 4, rng)
        try:
            expected = ImageEncoder(config)(image).arrays[config.tensor_name]
        except ImageError as error:
            assert 'would be left' in str(error)  # cropped to next to nothing
            continue
        found = encode(engine, image, padded, config)
        most = WIDE if wide else AREAS if interpolation == 'area' else EXACT
        limit = most[0]
        if limit and config.tensor_dtype == 'uint8':
            limit = 1
        elif limit and config.tensor_dtype == 'float16':
            # Two floats beside each other may round to two halves beside each other.
            limit += np.spacing(np.float16(np.abs(expected).max())) / 0.01
        off = levels_off(found, expected, config)
        assert off.max() <= limit, (size, config)
        values, different = values + off.size, different + np.count_nonzero(off)
    assert values > 100_000
    assert different <= most[1] * values


@on_every_engine
def test_positions_are_rounded_alike_on_larger_images(engine):
    rng = np.random.default_rng(SEED + 1)
    for size, network in (((360, 640), (272, 480)), ((240, 320), (301, 333))):
        image, padded = picture(size, 'bgr8', False, 5, rng)
        config = EncodeConfig(network_image_height=network[0], network_image_width=network[1])
        expected = ImageEncoder(config)(image).arrays['output_tensor']
        off = levels_off(encode(engine, image, padded, config), expected, config)
        assert off.max() <= EXACT[0]


@on_every_engine
@pytest.mark.parametrize('encoding', ['32FC1', '32FC3'])
def test_pixels_that_are_no_numbers_are_counted(engine, encoding):
    rng = np.random.default_rng(SEED + 2)
    image, padded = picture((24, 40), encoding, False, 0, rng)
    values = padded.view(np.float32)
    config = EncodeConfig(network_image_height=24, network_image_width=40)
    for bad, count in ((None, 0), (np.nan, 1), (np.inf, 2), (-np.inf, 3)):
        if bad is not None:
            values[count, 3] = bad
        not_finite = np.zeros(1, np.uint32)
        encode(engine, image, padded, config, not_finite)
        assert not_finite[0] == count


def test_an_image_that_the_kernel_cannot_read_is_refused():
    small = RawImage.from_array(np.zeros((2, 9), np.uint8), 'bayer_rggb8')
    with pytest.raises(ImageError, match='9x2; a bayer_rggb8 mosaic needs 3x3'):
        image_source(small)
    pixels = np.zeros((4, 6, 3), np.uint8)
    for given in (pixels[::-1], pixels[:, ::-1], pixels[..., ::-1], pixels[:, ::2]):
        with pytest.raises(ImageError, match='bytes apart; copy the image'):
            image_source(RawImage.from_array(given, 'rgb8'))
