"""CudaImageEncoder and CudaLabelDecoder beside their references, recorded and on a real device."""

from __future__ import annotations

from isaac_seg_py.config import DecodeConfig
from isaac_seg_py.cuda import DeviceArray
from isaac_seg_py.decode.cuda_labels import CudaLabelDecoder
from isaac_seg_py.decode.labels import LabelDecoder
from isaac_seg_py.encode.cuda_image import CudaImageEncoder
from isaac_seg_py.encode.image import ImageEncoder
from isaac_seg_py.errors import ImageError, TensorError
from isaac_seg_py.geometry import View
from isaac_seg_py.images import RawImage
from isaac_seg_py.tensors import Tensors
from makers import CANVAS, picture, settings
import numpy as np
import pytest

VIEW = View.fit((30, 36), CANVAS)


def scores(classes=4, dtype=np.float32, seed=800_300, grid=CANVAS):
    return np.random.default_rng(seed).normal(size=(1, classes, *grid)).astype(dtype)


@pytest.mark.parametrize('encoding', ['rgb8', 'bgra8', 'mono16', 'nv12', 'bayer_grbg8', '32FC3'])
@pytest.mark.parametrize(
    'chosen', [{}, {'tensor_layout': 'NHWC', 'tensor_dtype': 'float16', 'batch_size': 2}]
)
def test_the_tensor_is_that_of_the_reference(any_device, encoding, chosen):
    image = picture(encoding=encoding)
    expected = ImageEncoder(settings(**chosen))(image)
    with CudaImageEncoder(settings(**chosen), any_device) as encode:
        found = encode(image)
        array = found.arrays['output_tensor']
        assert isinstance(array, DeviceArray)
        assert found.view == expected.view
        encode.spec.check(array)
        # Pixels are equal; product and sum may be one rounding on the device.
        close = {'rtol': 1e-3 if chosen else 1e-6, 'atol': 1e-3 if chosen else 1e-6}
        np.testing.assert_allclose(found['output_tensor'], expected['output_tensor'], **close)


def test_frames_that_follow_each_other_do_not_disturb_each_other(any_device):
    images = [picture(seed=800_201 + number) for number in range(6)]
    with CudaImageEncoder(settings(), any_device) as encode:
        found = [encode(image) for image in images]
        for image, tensors in zip(images, found, strict=True):
            expected = ImageEncoder(settings())(image)['output_tensor']
            np.testing.assert_allclose(tensors['output_tensor'], expected, rtol=1e-6, atol=1e-6)


def test_rows_with_gaps_and_foreign_bytes_are_taken(any_device):
    wide = np.zeros((30, 50, 3), np.uint8)
    wide[:, :36] = picture().data
    foreign = picture(encoding='mono16').data
    swapped = foreign.astype(foreign.dtype.newbyteorder('S'))
    images = {
        'rgb8': RawImage(wide[:, :36], 'rgb8', (30, 36)),
        'mono16': RawImage(swapped, 'mono16', (30, 36)),
    }
    with CudaImageEncoder(settings(), any_device) as encode:
        for encoding, image in images.items():
            plain = encode(picture(encoding=encoding))['output_tensor']
            assert np.array_equal(encode(image)['output_tensor'], plain)


def test_images_that_the_reference_refuses_are_refused(any_device):
    bad = picture(encoding='32FC1').data.copy()
    bad[3, 4] = np.nan
    small = RawImage.from_array(np.zeros((2, 2), np.uint8), 'bayer_rggb8')
    with CudaImageEncoder(settings(), any_device) as encode:
        for refused in (RawImage.from_array(bad, '32FC1'), small):
            with pytest.raises(ImageError) as expected:
                ImageEncoder(settings())(refused)
            with pytest.raises(ImageError) as found:
                encode(refused)
            assert str(found.value) == str(expected.value)
        encode(picture())
    chosen = settings(input_image_width=99)
    with (
        CudaImageEncoder(chosen, any_device) as encode,
        pytest.raises(ImageError, match='input_image_width'),
    ):
        encode(picture())


@pytest.mark.parametrize(
    ('kind', 'output'),
    [
        ('auto', scores()),
        ('auto', scores(dtype=np.float16)),
        ('logits', np.moveaxis(scores(classes=300), 1, -1)),
        ('softmax', scores(classes=2) * 0 + np.float32(0.5)),
        ('sigmoid_logits', scores(classes=1)),
        ('sigmoid', 1 / (1 + np.exp(-scores(classes=1)))),
        ('argmax', np.abs(scores(classes=1) * 9).astype(np.int32)),
        ('auto', scores(grid=(6, 8))),
    ],
)
@pytest.mark.parametrize('filter_mode', ['linear', 'point'])
def test_the_labels_are_those_of_the_reference(any_device, kind, output, filter_mode):
    config = DecodeConfig(network_output_type=kind, filter_mode=filter_mode)
    outputs = Tensors({'scores': np.ascontiguousarray(output)}, VIEW)
    expected = LabelDecoder(config)(outputs, want_scores=True)
    with CudaLabelDecoder(config, any_device) as decode:
        found = decode(outputs, want_scores=True, want_colors='bgra8')
        assert found.labels.dtype == expected.labels.dtype
        # Where two classes are nearly equal, rounding decides.
        assert (found.labels == expected.labels).mean() > 0.999
        assert (found.scores is None) == (expected.scores is None)
        if found.scores is not None:
            assert np.quantile(np.abs(found.scores - expected.scores), 0.999) < 1e-3
        pictured = found.palette.color(found.labels, 'bgra8')
        assert found.color('bgra8') is found.color('bgra8')
        assert np.array_equal(found.color('bgra8'), pictured)
        assert np.array_equal(found.color('rgb8'), found.palette.color(found.labels, 'rgb8'))


@pytest.mark.parametrize('number', [2, -1])
def test_the_background_is_the_class_that_the_settings_name(any_device, number):
    config = DecodeConfig(background_class=number)
    outputs = Tensors({'scores': scores()}, VIEW)
    with CudaLabelDecoder(config, any_device) as decode:
        found = decode(outputs, want_colors='bgra8')
        assert found.color('bgra8') is found.color('bgra8')
        np.testing.assert_array_equal(found.color('bgra8')[..., 3] == 0, found.labels == number)
        # Another one than that in the colours which are there already.
        assert (found.color('bgra8', 1)[..., 3] == 0).sum() == (found.labels == 1).sum() > 0
        assert [bool(one['boxes']) for one in found.to_json()['classes']] == [
            one != number for one in range(4)
        ]


def test_what_a_crop_did_not_show_is_covered(any_device):
    config = DecodeConfig(outside_class=400)
    view = View.fit((30, 60), CANVAS, 'crop')
    outputs = Tensors({'scores': scores()}, view)
    expected = LabelDecoder(config)(outputs, want_scores=True)
    with CudaLabelDecoder(config, any_device) as decode:
        found = decode(outputs, want_scores=True)
        assert found.labels.dtype == expected.labels.dtype == np.uint16
        assert (found.labels == expected.labels).mean() > 0.999
        assert (found.labels[:, 0] == 400).all()
        assert (found.scores[:, 0] == 0).all()


def test_only_what_is_asked_for_is_made(device, recorder):
    with CudaLabelDecoder(DecodeConfig(), device) as decode:
        before = recorder.count('copy_out')
        found = decode(Tensors({'scores': scores()}, VIEW))
        assert found.scores is None
        # The report and the labels.
        assert recorder.count('copy_out') - before == 2


def test_a_batch_gives_an_image_for_each(any_device):
    outputs = Tensors({'scores': np.concatenate([scores(seed=1), scores(seed=2)])}, VIEW)
    expected = LabelDecoder(DecodeConfig()).batch(outputs)
    with CudaLabelDecoder(DecodeConfig(), any_device) as decode:
        found = decode.batch(outputs)
        assert len(found) == 2
        for one, other in zip(found, expected, strict=True):
            assert (one.labels == other.labels).mean() > 0.999


@pytest.mark.parametrize('output', [scores(), scores(grid=(6, 8))])
def test_an_ignored_class_is_never_chosen(any_device, output):
    config = DecodeConfig(ignore_class='0')
    outputs = Tensors({'scores': output}, VIEW)
    expected = LabelDecoder(config)(outputs, want_scores=True)
    with CudaLabelDecoder(config, any_device) as decode:
        found = decode(outputs, want_scores=True)
        assert found.labels.min() == 1
        assert (found.labels == expected.labels).mean() > 0.999
        assert np.quantile(np.abs(found.scores - expected.scores), 0.999) < 1e-3
        for single in (scores(classes=1), np.zeros((1, 1, *CANVAS), np.int32)):
            with pytest.raises(TensorError, match='ignore_class'):
                decode(Tensors({'scores': single}, VIEW))


def test_colours_that_the_kernel_does_not_mix_are_mixed_on_the_host(any_device):
    config = DecodeConfig(mix_colors=True)
    outputs = Tensors({'scores': scores(grid=(6, 8))}, VIEW)
    with CudaLabelDecoder(config, any_device) as decode:
        found, expected = decode(outputs), LabelDecoder(config)(outputs)
        assert np.array_equal(found.labels, expected.labels)
        assert np.array_equal(found.color('rgb8'), expected.color('rgb8'))


@pytest.mark.parametrize(
    ('kind', 'output', 'words'),
    [
        ('auto', scores() * np.float32(np.nan), 'NaN'),
        ('sigmoid', scores(classes=1) * 9, 'sigmoid_logits'),
        ('argmax', np.full((1, 1, *CANVAS), -1, np.int32), '65534'),
        ('argmax', np.full((1, 1, *CANVAS), 0.5, np.float32), 'fractions'),
        ('sigmoid', scores(), 'channels'),
        ('argmax', scores(), 'channels'),
        ('auto', np.zeros((1, 4, 0, 3), np.float32), 'axis'),
        ('auto', np.zeros(5, np.float32), 'axes'),
    ],
)
def test_outputs_that_the_reference_refuses_are_refused(any_device, kind, output, words):
    config = DecodeConfig(network_output_type=kind)
    outputs = Tensors({'scores': output}, VIEW)
    with CudaLabelDecoder(config, any_device) as decode:
        for refuse in (LabelDecoder(config), decode):
            with pytest.raises(TensorError, match=words):
                refuse(outputs)


def test_class_ids_that_outgrow_a_byte_are_counted_in_two(any_device):
    with CudaLabelDecoder(DecodeConfig(), any_device) as decode:
        for most, kind in ((200, np.uint8), (300, np.uint16), (7, np.uint16)):
            ids = np.arange(24 * 32, dtype=np.int32).reshape(1, *CANVAS) % (most + 1)
            found = decode(Tensors({'ids': ids}))
            assert found.labels.dtype == kind
            assert np.array_equal(found.labels, ids[0])


def test_results_that_are_held_are_not_written_to(any_device):
    with CudaLabelDecoder(DecodeConfig(), any_device) as decode:
        outputs = [Tensors({'scores': scores(seed=number)}, VIEW) for number in range(12)]
        held = [decode(output).labels for output in outputs]
        for output, labels in zip(outputs, held, strict=True):
            assert (labels == LabelDecoder(DecodeConfig())(output).labels).mean() > 0.999
    assert held[0].max() <= 3


def test_a_thousand_frames_allocate_nothing(device, recorder):
    image = picture()
    with (
        CudaImageEncoder(settings(), device) as encode,
        CudaLabelDecoder(DecodeConfig(), device) as decode,
    ):
        for _ in range(3):
            decode(encode(image), want_scores=True)
        allocated = recorder.count('allocate') + recorder.count('allocate_pinned')
        alive = recorder.alive
        for _ in range(1000):
            decode(encode(image), want_scores=True)
        assert recorder.count('allocate') + recorder.count('allocate_pinned') == allocated
        assert recorder.alive == alive
