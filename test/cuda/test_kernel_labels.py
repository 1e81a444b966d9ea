"""
postprocess.cu against LabelDecoder: labels, confidence, and what is wrong with an output.

Labels are equal but where two classes are so close that rounding decides: at most one pixel in
10,000, and only with scores that are less than 1e-5 apart. Of equal scores the lower class wins.
"""

from __future__ import annotations

import itertools

from host_kernels import on_every_engine, zeros
from host_outputs import output_of, post
from isaac_seg_py.config import DecodeConfig
from isaac_seg_py.cuda.kernel_masks import Planes, postprocess_parameters
from isaac_seg_py.decode.labels import LabelDecoder
from isaac_seg_py.decode.resample import Resampler
from isaac_seg_py.errors import TensorError
from isaac_seg_py.geometry import FITS, View
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest

SEED = 800_100
# Image, canvas, and the grid that the network puts out.
SIZES = (
    ((47, 65), (24, 40), (24, 40)),
    ((60, 80), (32, 32), (8, 8)),
    ((31, 20), (40, 40), (13, 11)),
    ((12, 90), (64, 48), (64, 48)),
    ((90, 120), (24, 24), (3, 5)),
    ((1, 1), (16, 16), (4, 4)),
)
# The decoder's word for an output, and the kernel's.
KINDS = {
    'softmax': 'chances',
    'logits': 'scores',
    'sigmoid': 'binary',
    'sigmoid_logits': 'binary_scores',
    'argmax': 'ids',
}
CASES = [
    (kind, layout, dtype)
    for kind in KINDS
    for layout in (('NCHW', 'NHW') if kind == 'argmax' else ('NCHW', 'NHWC'))
    for dtype in (
        ('uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'uint64', 'int64', 'bool',
         'float32', 'float16')
        if kind == 'argmax' else ('float32', 'float16', 'float64')
    )
]  # fmt: skip


def labels_and_confidence(engine, *args, label_dtype=np.uint8, **more):
    """Return labels, confidence and report."""
    made = {}

    def wanted(_, size):
        made.update(labels=zeros(size, label_dtype), confidence=zeros(size, np.float32))
        return made

    report = post(engine, *args, label_dtype=label_dtype, wanted=wanted, **more)
    return made['labels'], made['confidence'], report


def check_labels(found, expected, planes, view, config):
    """Allow a few pixels in which the best two scores are as good as equal."""
    wrong = np.argwhere(found != expected)
    assert len(wrong) <= found.size / 10_000 + 1
    if not len(wrong):
        return
    resampler = Resampler.of(view, planes.shape[1:])
    mixed = [resampler.linear(p[resampler.cells].astype(np.float32)) for p in planes]
    for row, column in wrong:
        scores = sorted(plane[row, column] for plane in mixed)
        gap = scores[-1] - scores[-2] if len(scores) > 1 else abs(scores[0] - config.threshold)
        assert gap < 1e-5


@on_every_engine
@pytest.mark.parametrize('mode', ['linear', 'point', 'network'])
@pytest.mark.parametrize(('kind', 'layout', 'dtype'), CASES)
def test_labels_and_confidence_are_those_of_the_decoder(engine, kind, layout, dtype, mode):
    rng = np.random.default_rng(SEED)
    places = list(itertools.product(SIZES, FITS))
    if kind == 'argmax':
        places = places[::5]
    for index, ((image, canvas, grid), fit) in enumerate(places):
        classes = (2, 3, 19)[index % 3]
        output = output_of(kind, classes, grid, layout, dtype, rng)
        view = View.fit(image, canvas, fit)
        config = DecodeConfig(
            network_output_type=kind, data_format=layout, outside_class=index % 2 * 200,
            filter_mode='point' if mode == 'point' else 'linear',
            mask_frame='network' if mode == 'network' else 'image', threshold=0.4,
        )  # fmt: skip
        item = index % 2
        tensors = Tensors({'output': output}, view)
        expected = LabelDecoder(config).batch(tensors, want_scores=True)[item]
        labels, confidence, report = labels_and_confidence(
            engine, output, layout, None if mode == 'network' else view, KINDS[kind], config,
            item=item,
        )  # fmt: skip
        planes = output[item] if layout != 'NHWC' else np.moveaxis(output[item], 2, 0)
        check_labels(labels, expected.labels, planes, view, config)
        if kind == 'argmax':
            assert (confidence[labels == expected.labels] == 0).all()
            assert report.pop('highest') <= labels.max() or mode != 'network'
        else:
            same = labels == expected.labels
            limit = 2e-3 if dtype == 'float16' and kind == 'softmax' else 3e-6
            np.testing.assert_allclose(confidence[same], expected.scores[same], atol=limit, rtol=0)
        assert not any(list(report.values())[:3])


@on_every_engine
def test_of_equal_scores_the_lower_class_wins(engine):
    output = np.zeros((1, 300, 4, 6), np.float32)
    output[:, [7, 9, 280], 1:] = 3
    view = View.fit((9, 14), (8, 12))
    config = DecodeConfig(network_output_type='logits', data_format='NCHW')
    expected = LabelDecoder(config)(Tensors({'o': output}, view)).labels
    assert set(np.unique(expected)) == {0, 7}
    for label_dtype in (np.uint8, np.uint16):
        labels, _, _ = labels_and_confidence(
            engine, output, 'NCHW', view, 'scores', config, label_dtype=label_dtype
        )
        np.testing.assert_array_equal(labels, expected)


@on_every_engine
@pytest.mark.parametrize('kind', ['sigmoid', 'sigmoid_logits'])
def test_from_the_threshold_on_it_is_class_1(engine, kind):
    middle = 0.5 if kind == 'sigmoid' else 0.0
    output = np.full((1, 1, 3, 4), middle, np.float32)
    output[0, 0, 1] = np.nextafter(np.float32(middle), np.float32(-1))
    config = DecodeConfig(network_output_type=kind, data_format='NCHW', threshold=0.5)
    labels, _, _ = labels_and_confidence(engine, output, 'NCHW', None, KINDS[kind], config)
    assert labels.tolist() == [[1] * 4, [0] * 4, [1] * 4]


@on_every_engine
def test_many_classes_and_minus_infinity(engine):
    """A class that a network rules out in one cell does not spoil the pixels around it."""
    rng = np.random.default_rng(SEED + 1)
    output = rng.normal(size=(1, 700, 6, 9)).astype(np.float32)
    output[0, 5] += 4
    output[0, 5, 2, 3:6] = -np.inf
    output[0, 600, 2, 3:6] += 6
    view = View.fit((50, 60), (24, 36))
    config = DecodeConfig(network_output_type='logits', data_format='NCHW')
    expected = LabelDecoder(config)(Tensors({'o': output}, view), want_scores=True)
    assert {5, 600} <= set(np.unique(expected.labels))
    labels, confidence, report = labels_and_confidence(
        engine, output, 'NCHW', view, 'scores', config, label_dtype=np.uint16
    )
    check_labels(labels, expected.labels, output[0], view, config)
    same = labels == expected.labels
    np.testing.assert_allclose(confidence[same], expected.scores[same], atol=1e-5)
    assert report['not_finite'] == 0


@on_every_engine
@pytest.mark.parametrize('mode', ['linear', 'point'])
@pytest.mark.parametrize('ignored', [0, 2, 4])
def test_an_ignored_class_is_never_chosen(engine, ignored, mode):
    rng = np.random.default_rng(SEED + 2)
    output = output_of('logits', 5, (12, 17), 'NCHW', 'float32', rng)
    view = View.fit((60, 85), (24, 34))
    settings = {'network_output_type': 'logits', 'data_format': 'NCHW', 'filter_mode': mode}
    config = DecodeConfig(**settings, ignore_class=str(ignored))
    expected = LabelDecoder(config)(Tensors({'o': output}, view), want_scores=True)
    plain = LabelDecoder(DecodeConfig(**settings))(Tensors({'o': output}, view))
    assert (plain.labels == ignored).any() and not (expected.labels == ignored).any()
    labels, confidence, _ = labels_and_confidence(
        engine, output, 'NCHW', view, 'scores', config, ignored=ignored
    )
    np.testing.assert_array_equal(labels, expected.labels)
    np.testing.assert_allclose(confidence, expected.scores, atol=3e-6)


def faults():
    nan, inf = np.float32(np.nan), np.float32(np.inf)
    scores, chances = np.zeros((1, 3, 4, 4), np.float32), np.full((1, 1, 4, 4), 0.5, np.float32)
    ids = np.zeros((1, 4, 4), np.int32)
    for value in (nan, inf):
        yield 'logits', 'NCHW', scores, (0, 1, 2, 2), value, 'not_finite'
        yield 'sigmoid_logits', 'NCHW', chances, (0, 0, 2, 2), value, 'not_finite'
    yield 'logits', 'NCHW', scores, (0, slice(None), 2, 2), -inf, 'not_finite'
    for value in (-0.01, 1.01):
        yield 'sigmoid', 'NCHW', chances, (0, 0, 2, 2), value, 'out_of_range'
    for value in (-1, 65535, 1 << 30):
        yield 'argmax', 'NHW', ids, (0, 2, 2), value, 'out_of_range'
        yield 'argmax', 'NHW', ids.astype(np.float32), (0, 2, 2), value, 'out_of_range'
    yield 'argmax', 'NHW', ids.astype(np.float32), (0, 2, 2), nan, 'out_of_range'
    yield 'argmax', 'NHW', ids.astype(np.float32), (0, 2, 2), 1.5, 'fractions'


@on_every_engine
@pytest.mark.parametrize('mode', ['linear', 'point'])
def test_what_the_decoder_refuses_is_counted(engine, mode):
    view = View.fit((8, 8), (4, 4))
    for kind, layout, good, place, value, fault in faults():
        config = DecodeConfig(network_output_type=kind, data_format=layout, filter_mode=mode)
        _, _, report = labels_and_confidence(engine, good, layout, view, KINDS[kind], config)
        assert not any(report.values())
        bad = good.copy()
        bad[place] = value
        with pytest.raises(TensorError):
            LabelDecoder(config)(Tensors({'o': bad}, view))
        _, _, report = labels_and_confidence(engine, bad, layout, view, KINDS[kind], config)
        interpolated = mode == 'linear' and kind != 'argmax'
        # A cell is four pixels, and takes part in sixteen between the centres of cells.
        assert report[fault] == (16 if interpolated else 4), (kind, value)


@on_every_engine
def test_the_highest_class_id_is_told(engine):
    ids = np.array([[[0, 3], [300, 7]]], np.int64)
    view = View.fit((6, 6), (2, 2))
    config = DecodeConfig(network_output_type='argmax', data_format='NHW')
    labels, _, report = labels_and_confidence(
        engine, ids, 'NHW', view, 'ids', config, label_dtype=np.uint16
    )
    assert report['highest'] == 300
    assert labels.tolist() == np.kron(ids[0], np.ones((3, 3), int)).tolist()


def test_an_element_type_that_the_kernel_cannot_read_is_refused():
    planes = Planes.of((1, 2, 4, 4), np.complex64, 'NCHW')
    with pytest.raises(TensorError, match='the output is complex64; expected one of float32'):
        postprocess_parameters(planes, None, None, kind='scores', label_dtype=np.uint8)
