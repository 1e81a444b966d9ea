"""Values in the tensor: normalisation, padding, element types, and what is refused."""

from __future__ import annotations

from isaac_seg_py.config import EncodeConfig
from isaac_seg_py.encode import ImageEncoder
from isaac_seg_py.errors import ConfigError
from isaac_seg_py.images import RawImage
import numpy as np
import pytest


def encoder(size, **settings):
    height, width = size
    return ImageEncoder(
        EncodeConfig(network_image_height=height, network_image_width=width, **settings)
    )


@pytest.mark.parametrize('layout', ['NCHW', 'NHWC'])
@pytest.mark.parametrize('dtype', ['float32', 'float16'])
def test_white_is_normalised_as_known(layout, dtype):
    encode = encoder(
        (100, 100),
        image_mean=(0.5, 0.6, 0.25),
        image_stddev=(0.25, 0.8, 0.5),
        tensor_layout=layout,
        tensor_dtype=dtype,
    )
    tensor = encode(RawImage.from_array(np.full((100, 100, 3), 255, np.uint8), 'rgb8'))
    planes = np.moveaxis(tensor['output_tensor'][0], layout.index('C') - 1, 0)
    for plane, value in zip(planes, (2.0, 0.5, 1.5), strict=True):
        np.testing.assert_allclose(plane, value, atol=1e-6 if dtype == 'float32' else 1e-3)


@pytest.mark.parametrize(
    ('settings', 'bar', 'white'),
    [
        ({}, (-1, -1, -1), (1, 1, 1)),
        ({'padding_value': 255.0}, (1, 1, 1), (1, 1, 1)),
        ({'padding_value': 127.5}, (0, 0, 0), (1, 1, 1)),
        ({'pad_after_normalization': True}, (0, 0, 0), (1, 1, 1)),
        ({'pad_after_normalization': True, 'padding_value': 9.0}, (0, 0, 0), (1, 1, 1)),
        ({'image_mean': (0.5, 0.25, 0.0)}, (-1, -0.5, 0), (1, 1.5, 2)),
        ({'image_mean': (0.25,), 'image_stddev': (0.25,)}, (-1, -1, -1), (3, 3, 3)),
        ({'net_scale_factor': 0.5}, (0, 0, 0), (127.5,) * 3),
        (
            {'net_scale_factor': 2.0, 'offsets': (5.0, 55.0, 255.0)},
            (-10, -110, -510),
            (500, 400, 0),
        ),
        ({'net_scale_factor': 1.0, 'offsets': (5.0,)}, (-5, -5, -5), (250, 250, 250)),
        ({'tensor_dtype': 'uint8'}, (0, 0, 0), (255, 255, 255)),
        ({'tensor_dtype': 'uint8', 'padding_value': 114.0}, (114,) * 3, (255,) * 3),
        ({'tensor_dtype': 'float16'}, (-1, -1, -1), (1, 1, 1)),
        ({'color_order': 'gray'}, (-1,), (1,)),
        ({'color_order': 'gray', 'image_mean': (0.0,), 'image_stddev': (0.5,)}, (0,), (2,)),
    ],
)
@pytest.mark.parametrize('layout', ['NCHW', 'NHWC'])
@pytest.mark.parametrize(('size', 'side'), [((4, 12), 'rows'), ((12, 4), 'columns')])
def test_bars_and_pixels_have_their_values(settings, bar, white, layout, size, side):
    encode = encoder((10, 10), tensor_layout=layout, batch_size=3, **settings)
    image = RawImage.from_array(np.full((*size, 3), 255, np.uint8), 'rgb8')
    # A pool hands out memory with old contents: let another view leave its pixels there.
    encode(RawImage.from_array(np.full((*size[::-1], 3), 77, np.uint8), 'rgb8'))
    tensors = encode(image)
    tensor = tensors['output_tensor']
    assert tensor.dtype == settings.get('tensor_dtype', 'float32')
    assert tensor.shape == ((3, len(bar), 10, 10) if layout == 'NCHW' else (3, 10, 10, len(bar)))
    pixels = tensor.transpose(0, 2, 3, 1) if layout == 'NCHW' else tensor
    inside = np.zeros((10, 10), bool)
    inside[(slice(3, 6),) if side == 'rows' else (slice(None), slice(3, 6))] = True
    assert tensors.view.content == ((3, 10) if side == 'rows' else (10, 3))
    tolerance = 1e-3 if tensor.dtype == np.float16 else 1e-4
    for batch in pixels:
        np.testing.assert_allclose(batch[inside], np.tile(white, (30, 1)), atol=tolerance)
        np.testing.assert_allclose(batch[~inside], np.tile(bar, (70, 1)), atol=tolerance)


@pytest.mark.parametrize(
    ('settings', 'words'),
    [
        ({'network_image_width': 0}, 'Invalid network_image_width'),
        ({'network_image_height': 0}, 'Invalid network_image_height'),
        (
            {'tensor_dtype': 'uint8', 'image_mean': (0.1,) * 3},
            r'image_mean is \(0.1.*uint8 tensor',
        ),
        ({'tensor_dtype': 'uint8', 'net_scale_factor': 1.0}, 'net_scale_factor is 1.0'),
        ({'tensor_dtype': 'uint8', 'offsets': (1.0,)}, 'offsets'),
        ({'image_mean': (float('nan'),)}, 'finite'),
        ({'image_stddev': (float('inf'),), 'image_mean': (float('inf'),)}, 'finite'),
        ({'net_scale_factor': 1e5, 'tensor_dtype': 'float16'}, 'range of float16'),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings, words):
    settings = {'network_image_width': 8, 'network_image_height': 8, **settings}
    with pytest.raises(ConfigError, match=words):
        ImageEncoder(EncodeConfig(**settings))


def test_bytes_beyond_the_range_stop_at_its_ends():
    # Floats are not clipped before: 2.0 and -1.0 of 0 to 1 are 510 and -255.
    image = np.zeros((2, 2, 3), np.float32)
    image[0], image[1] = 2.0, -1.0
    tensor = encoder((2, 2), tensor_dtype='uint8')(RawImage.from_array(image, '32FC3'))
    assert tensor['output_tensor'][0, :, 0, 0].tolist() == [255] * 3
    assert tensor['output_tensor'][0, :, 1, 0].tolist() == [0] * 3
