"""postprocess.cu against Palette, blend and bincount: pictures of the labels, and their counts."""

from __future__ import annotations

from host_kernels import on_every_engine, zeros
from host_outputs import post, smooth
from isaac_seg_py.blend import blend
from isaac_seg_py.config import DecodeConfig
from isaac_seg_py.cuda.kernel_masks import add_colors, add_overlay, Planes, postprocess_parameters
from isaac_seg_py.decode.labels import LabelDecoder
from isaac_seg_py.encode import to_color
from isaac_seg_py.errors import ImageError
from isaac_seg_py.geometry import View
from isaac_seg_py.images import ENCODINGS, RawImage
from isaac_seg_py.palette import Palette
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest

SEED = 800_110
PALETTE = Palette((0x102030, 0xFF8800, 0x0000FF, 0x00FF00, 0x7F7F7F))


@on_every_engine
@pytest.mark.parametrize('encoding', ['rgb8', 'bgr8', 'rgba8', 'bgra8'])
@pytest.mark.parametrize('background', [0, 2, None])
def test_colours_are_those_of_the_palette(engine, encoding, background):
    rng = np.random.default_rng(SEED + 2)
    ids = rng.integers(0, 300, (1, 9, 13), np.int32)
    ids[0, ::2, ::3] = rng.integers(0, 5, (5, 5))
    assert {0, 2} <= set(np.unique(ids))
    view = View.fit((27, 35), (9, 13))
    config = DecodeConfig(network_output_type='argmax', data_format='NHW')
    labels = LabelDecoder(config)(Tensors({'o': ids}, view)).labels
    made = {}

    def wanted(parameters, size):
        add_colors(parameters, encoding, background)
        parameters.palette_size = len(PALETTE)
        made['colors'] = zeros((*size, parameters.color_channels), np.uint8)
        return {**made, 'palette': np.array(PALETTE.colors, np.uint32)}

    post(engine, ids, 'NHW', view, 'ids', config, wanted=wanted)
    expected = PALETTE.color(labels, encoding, background)
    np.testing.assert_array_equal(made['colors'], expected)


@on_every_engine
@pytest.mark.parametrize('encoding', ENCODINGS)
@pytest.mark.parametrize('background', [0, None])
def test_the_overlay_is_the_blend(engine, encoding, background):
    rng = np.random.default_rng(SEED + 3)
    layout, size = ENCODINGS[encoding], (26, 34)
    shape = (round(size[0] * layout.rows), size[1], *([layout.channels][: layout.channels > 1]))
    pixels = rng.random(shape) * (65535 if layout.dtype == np.uint16 else 255)
    pixels = (pixels / 255 if layout.dtype == np.float32 else pixels).astype(layout.dtype)
    image = RawImage.from_array(pixels, encoding)
    output = smooth((4, 13, 17), rng)[np.newaxis]
    view = View.fit(size, (26, 34))
    config = DecodeConfig(network_output_type='logits', data_format='NCHW')
    labels = LabelDecoder(config)(Tensors({'o': output}, view)).labels
    for order, alpha in (('rgb', 0.3), ('bgr', 0.5), ('rgb', 0.0), ('bgr', 1.0)):
        made = {}

        def wanted(parameters, size, order=order, alpha=alpha, made=made):
            add_overlay(parameters, image, f'{order}8', alpha, background)
            parameters.palette_size = len(PALETTE)
            made['overlay'] = zeros((*size, 3), np.uint8)
            under = {'image.pixels': pixels, 'palette': np.array(PALETTE.colors, np.uint32)}
            return made | under

        post(engine, output, 'NCHW', view, 'scores', config, wanted=wanted)
        colors = PALETTE.color(labels, f'{order}a8', background)
        picture = np.rint(to_color(image, order)).astype(np.uint8)
        expected = blend(picture, colors, alpha)
        off = np.abs(made['overlay'].astype(int) - expected)
        # Where a mix lies halfway between two levels, rounding of the shares decides.
        assert off.max() <= 1
        assert np.count_nonzero(off) <= 0.02 * off.size


def test_an_overlay_over_an_image_of_another_size_is_refused():
    planes = Planes.of((1, 2, 4, 4), np.float32, 'NCHW')
    parameters = postprocess_parameters(planes, None, None, kind='scores', label_dtype=np.uint8)
    image = RawImage.from_array(np.zeros((8, 8), np.uint8), 'mono8')
    with pytest.raises(ImageError, match='the mask is 4x4 and the image 8x8'):
        add_overlay(parameters, image, 'rgb8', 0.5)


@on_every_engine
def test_pixels_of_each_class_are_counted_and_only_what_is_wanted_is_made(engine):
    rng = np.random.default_rng(SEED + 4)
    output = smooth((5, 20, 30), rng)[np.newaxis]
    view = View.fit((123, 177), (40, 60), 'crop')
    config = DecodeConfig(network_output_type='logits', data_format='NCHW', outside_class=9)
    labels = LabelDecoder(config)(Tensors({'o': output}, view)).labels
    counts = np.zeros(10, np.uint32)

    def wanted(parameters, _):
        parameters.count_slots = 8
        return {'counts': counts}

    post(engine, output, 'NCHW', view, 'scores', config, wanted=wanted)
    # Class 9 has no slot and is left out.
    expected = np.bincount(labels.reshape(-1), minlength=10)
    assert expected[9] > 0
    np.testing.assert_array_equal(counts[:8], expected[:8])
    post(engine, output, 'NCHW', view, 'scores', config, wanted=wanted)
    np.testing.assert_array_equal(counts, [*2 * expected[:8], 0, 0])
