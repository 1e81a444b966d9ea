"""ImageEncoder: against a slow reference, upstream's known answers, and what is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
import itertools

from isaac_seg_py.config import EncodeConfig
from isaac_seg_py.encode import ImageEncoder, to_color
from isaac_seg_py.errors import ImageError
from isaac_seg_py.geometry import FITS, View
from isaac_seg_py.images import ENCODINGS, RawImage
import numpy as np
import pytest

SIZES = ((31, 47), (24, 40), (12, 20), (5, 64), (64, 5), (1, 1))


def encoder(size, **settings):
    height, width = size
    return ImageEncoder(
        EncodeConfig(network_image_height=height, network_image_width=width, **settings)
    )


def picture(size, encoding='rgb8', seed=0):
    layout = ENCODINGS[encoding]
    shape = (round(size[0] * layout.rows), size[1])
    shape += (layout.channels,) if layout.channels > 1 else ()
    values = np.random.default_rng(seed).random(shape)
    if layout.dtype.kind == 'u':
        values = values * np.iinfo(layout.dtype).max
    return RawImage.from_array(values.astype(layout.dtype), encoding)


def weights(length, content, begin, end, interpolation):
    """Return the matrix that resamples `length` pixels to the content's pixels begin to end."""
    matrix = np.zeros((end - begin, length))
    for row, place in enumerate(range(begin, end)):
        source = (place + 0.5) * length / content
        if interpolation != 'linear':
            # Where the centre falls on the edge of two pixels, either is the nearest.
            nudge = -1e-3 if interpolation == 'nearest, lower' else 1e-3
            matrix[row, int(source + nudge)] = 1
            continue
        low = int(np.floor(source - 0.5))
        share = source - 0.5 - low
        for index, weight in ((low, 1 - share), (low + 1, share)):
            matrix[row, min(max(index, 0), length - 1)] += weight
    return matrix


def reference(pixels, view, down='linear', across='linear'):
    """Resample (H, W, 3) pixels in float64; return the part that the canvas shows."""
    top, left, bottom, right = view.visible()
    matrices = (
        weights(image, content, begin - offset, end - offset, how)
        for image, content, offset, begin, end, how in zip(
            view.image,
            view.content,
            view.offset,
            (top, left),
            (bottom, right),
            (down, across),
            strict=True,
        )
    )
    return np.einsum('yh,xw,hwc->yxc', *matrices, pixels.astype(np.float64))


def expected_tensor(pixels, view, down, across, mean, deviation):
    canvas = np.zeros((*view.canvas, 3))
    top, left, bottom, right = view.visible()
    canvas[top:bottom, left:right] = reference(pixels, view, down, across)
    return ((canvas / 255 - mean) / deviation).transpose(2, 0, 1)[np.newaxis]


@pytest.mark.parametrize('fit', FITS)
@pytest.mark.parametrize('interpolation', ['linear', 'nearest'])
@pytest.mark.parametrize('image_size', SIZES)
def test_tensors_are_those_of_a_slow_reference(fit, interpolation, image_size):
    mean, deviation = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    image = picture(image_size)
    encode = encoder(
        (24, 40), fit=fit, interpolation=interpolation, image_mean=mean, image_stddev=deviation
    )
    view = View.fit(image_size, (24, 40), fit)
    if view.content[0] * view.content[1] > 16 * 24 * 40:
        with pytest.raises(ImageError, match='less than 1/16'):
            encode(image)
        return
    tensors = encode(image)
    assert tensors.view == view
    # OpenCV weighs with 11 bits and rounds a pixel to a whole value: at most one level off.
    tolerance = (1.01 if interpolation == 'linear' else 1e-3) / 255 / min(deviation)
    methods = ['linear'] if interpolation == 'linear' else ['nearest, lower', 'nearest, upper']
    near = [
        abs(tensors['output_tensor'] - expected_tensor(image.data, view, *ways, mean, deviation))
        < tolerance
        for ways in itertools.product(methods, methods)
    ]
    assert np.any(near, axis=0).all()


@pytest.mark.parametrize('encoding', ['mono16', 'rgb16', '32FC1', '32FC3'])
@pytest.mark.parametrize('dtype', ['float32', 'float16', 'uint8'])
def test_wide_pixels_are_resampled_without_rounding(encoding, dtype):
    image = picture((31, 47), encoding)
    encode = encoder((24, 40), fit='stretch', tensor_dtype=dtype)
    view = View.fit((31, 47), (24, 40), 'stretch')
    scaled = reference(to_color(image), view).transpose(2, 0, 1)
    # Half a level where it is rounded; 2**-11 is float16's step at 1.
    expected, tolerance = {
        'float32': (scaled / 127.5 - 1, 1e-5),
        'float16': (scaled / 127.5 - 1, 2**-11 + 1e-5),
        'uint8': (scaled, 0.501),
    }[dtype]
    np.testing.assert_allclose(encode(image)['output_tensor'][0], expected, atol=tolerance, rtol=0)


@pytest.mark.parametrize('encoding', ENCODINGS)
@pytest.mark.parametrize('order', ['rgb', 'bgr', 'gray'])
@pytest.mark.parametrize('layout', ['NCHW', 'NHWC'])
def test_every_encoding_gives_the_tensor_of_its_rgb_image(encoding, order, layout):
    image = picture((10, 14), encoding)
    values = {'image_mean': (0.1, 0.5, 0.9), 'image_stddev': (0.5, 0.25, 1.0)}
    encode = encoder((24, 40), color_order=order, tensor_layout=layout, **values)
    converted = to_color(image, order)
    if converted.dtype == np.uint8:
        plain = RawImage.from_array(converted, 'mono8' if order == 'gray' else 'rgb8')
    else:
        floats = converted[..., ::-1] / np.float32(255) if order != 'gray' else converted / 255
        plain = RawImage.from_array(floats, '32FC1' if order == 'gray' else '32FC3')
    same = encoder((24, 40), color_order='gray' if order == 'gray' else 'rgb', **values)
    result, expected = (run['output_tensor'] for run in (encode(image), same(plain)))
    if layout == 'NHWC':
        result = np.moveaxis(result, -1, 1)
    np.testing.assert_allclose(result, expected, atol=1e-5)


@pytest.mark.parametrize('encoding', ['rgb8', 'rgba8', 'bgr8', 'mono8', '32FC3'])
@pytest.mark.parametrize('layout', ['NCHW', 'NHWC'])
def test_an_image_of_the_right_size_and_padded_rows_is_taken_as_it_is(encoding, layout):
    image = picture((24, 40), encoding)
    rows = image.data.reshape(24, -1).view(np.uint8)
    padded = np.pad(rows, ((0, 0), (0, 8)))
    message = RawImage.from_buffer(
        padded.tobytes(),
        size=(24, 40),
        encoding=encoding,
        step=padded.shape[1],
        is_bigendian=False,
    )
    encode = encoder((24, 40), tensor_layout=layout)
    result = encode(message)['output_tensor'][0]
    chw = result if layout == 'NCHW' else result.transpose(2, 0, 1)
    expected = to_color(image).transpose(2, 0, 1) / np.float32(127.5) - 1
    np.testing.assert_allclose(chw, expected, atol=1e-6)
    assert encode(message).view == View.identity((24, 40))


def test_the_four_quadrants_have_the_known_counts():
    pixels = np.zeros((1080, 1920, 3), np.uint8)
    colours = {'red': (0, 0, 1), 'green': (0, 1, 0), 'blue': (1, 0, 0), 'white': (1, 1, 1)}
    corners = itertools.product((slice(540), slice(540, None)), (slice(960), slice(960, None)))
    for (rows, columns), bgr in zip(corners, colours.values(), strict=True):
        pixels[rows, columns] = np.array(bgr) * 255
    encode = encoder((512, 512), image_mean=(0.0,) * 3, image_stddev=(1.0,) * 3)
    tensor = encode(RawImage.from_array(pixels, 'bgr8'))['output_tensor']
    assert tensor.shape == (1, 3, 512, 512)
    for bgr in colours.values():
        wanted = np.array(bgr[::-1]).reshape(3, 1, 1)
        assert (abs(tensor[0] - wanted) < 0.05).all(axis=0).sum() == 36864
    assert (tensor[0] < 0.05).all(axis=0).sum() == 114688
    assert (tensor[0, :, 112, 0] == (1, 0, 0)).all()
    assert (tensor[0, :, 399, 0] == (0, 0, 1)).all()


def test_area_averages_what_it_shrinks_and_interpolates_what_it_enlarges():
    image = picture((24, 40))
    shrink = encoder((8, 10), fit='stretch', interpolation='area', tensor_dtype='uint8')
    blocks = image.data.reshape(8, 3, 10, 4, 3).mean(axis=(1, 3)).transpose(2, 0, 1)
    np.testing.assert_allclose(shrink(image)['output_tensor'][0], blocks, atol=0.501)
    grown, linear = (
        encoder((48, 90), fit='stretch', interpolation=how)(image)['output_tensor']
        for how in ('area', 'linear')
    )
    np.testing.assert_array_equal(grown, linear)


def test_tensors_that_are_held_stay_and_those_let_go_cost_no_memory():
    encode = encoder((24, 40))
    held = encode(picture((31, 47), seed=1))
    copy = held['output_tensor'].copy()
    addresses = set()
    for seed in range(100):
        tensor = encode(picture((31, 47), seed=seed))['output_tensor']
        addresses.add(tensor.__array_interface__['data'][0])
        del tensor
    np.testing.assert_array_equal(held['output_tensor'], copy)
    assert len(addresses) == 1


def test_threads_may_share_an_encoder():
    encode = encoder((24, 40))
    images = [picture(size, seed=seed) for seed, size in enumerate(SIZES[:4])]
    expected = [encode(image) for image in images]

    def work(number):
        for _ in range(200):
            tensors = encode(images[number])
            if tensors.view != expected[number].view:
                return False
            if not np.array_equal(tensors['output_tensor'], expected[number]['output_tensor']):
                return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(work, range(4)))


def test_a_camera_that_changes_its_size_gets_a_new_view():
    encode = encoder((24, 40))
    for size in ((31, 47), (12, 20), (31, 47)):
        assert encode(picture(size)).view == View.fit(size, (24, 40))


def test_the_specification_is_that_of_the_tensor():
    encode = encoder((24, 40), tensor_name='pixels', tensor_layout='NHWC', batch_size=2)
    tensors = encode(picture((5, 5)))
    assert list(tensors) == ['pixels']
    encode.spec.check(tensors['pixels'])
    assert str(encode.spec) == 'pixels float32 [2, 24, 40, 3]'


@pytest.mark.parametrize(
    ('settings', 'size', 'words'),
    [
        ({'input_image_width': 64, 'input_image_height': 48}, (31, 47), '47x31; .* say 64x48'),
        ({'input_image_width': 64}, (31, 47), '47x31; .* say 64x0'),
        ({'fit': 'crop'}, (2, 3000), '3000x2; cropped to the shape of 40x24'),
    ],
)
def test_a_camera_of_another_size_than_declared_is_refused(settings, size, words):
    encode = encoder((24, 40), **settings)
    with pytest.raises(ImageError, match=words):
        encode(picture(size))
    assert encode(picture((48, 64))).view == View.fit((48, 64), (24, 40), encode.config.placement)
