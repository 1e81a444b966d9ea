"""Growing to the size of the image, against the plain way of interpolating every class."""

from __future__ import annotations

from typing import Any

from isaac_seg_py.config import DecodeConfig
from isaac_seg_py.decode.labels import LabelDecoder
from isaac_seg_py.decode.resample import Resampler
from isaac_seg_py.decode.winner import find_winners
from isaac_seg_py.errors import TensorError
from isaac_seg_py.geometry import FITS, View
from isaac_seg_py.masks import LabelImage
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest


def decode(
    array: np.ndarray, view: View | None, want_scores: bool = False, **settings: Any
) -> LabelImage:
    """Decode one output whose axes are NCHW."""
    decoder = LabelDecoder(DecodeConfig(**{'data_format': 'NCHW', **settings}))
    return decoder(Tensors({'output': array}, view), want_scores=want_scores)


def reference(planes: np.ndarray, view: View) -> np.ndarray:
    """Return every class at every pixel of the image, in double precision: the plain way."""
    visible, canvas = view.visible(), view.canvas
    mixed = planes.astype(float)
    for axis, centres in enumerate(view.image_centres_on(planes.shape[1:])):
        cells = planes.shape[1 + axis]
        middles = (np.arange(cells) + 0.5) * canvas[axis] / cells
        inside = np.flatnonzero((visible[axis] <= middles) & (middles <= visible[axis + 2]))
        floor = np.floor(centres - 0.5)
        part = np.expand_dims(centres - 0.5 - floor, 1 - axis)
        low, high = (np.clip(floor + i, inside[0], inside[-1]).astype(int) for i in (0, 1))
        mixed = mixed.take(low, 1 + axis) * (1 - part) + mixed.take(high, 1 + axis) * part
    return mixed


def shown(view: View) -> np.ndarray:
    """Return which pixels of the image a view's canvas shows."""
    rows, columns = view.image_centres_on(view.canvas)
    height, width = view.canvas
    return np.logical_and.outer((rows >= 0) & (rows < height), (columns >= 0) & (columns < width))


@pytest.mark.parametrize('fit', FITS)
@pytest.mark.parametrize('times', [2, 4])
def test_whole_numbers_at_even_scales_agree_with_the_plain_way_to_the_last_tie(
    times: int, fit: str, random_numbers: np.random.Generator
) -> None:
    # Nothing is rounded here: scores are small whole numbers and all weights are sixteenths.
    planes = random_numbers.integers(-1, 2, (5, 24, 24)).astype(np.float32)
    view = View.fit((24 * times, 48 * times), (24, 24), fit)
    found = decode(planes[None], view, network_output_type='logits')
    mixed = reference(planes, view)
    top = np.sort(mixed, 0)
    assert (top[-1] == top[-2]).sum() > 50
    np.testing.assert_array_equal(found.labels, np.where(shown(view), mixed.argmax(0), 0))


@pytest.mark.parametrize('fit', FITS)
@pytest.mark.parametrize('classes', [2, 3, 19, 300])
def test_any_size_agrees_with_the_plain_way_but_for_ties(
    classes: int, fit: str, random_numbers: np.random.Generator
) -> None:
    for _ in range(6):
        image = tuple(int(n) for n in random_numbers.integers(20, 120, 2))
        grid = tuple(int(n) for n in random_numbers.integers(6, 40, 2))
        stride = int(random_numbers.integers(1, 5))
        planes = random_numbers.standard_normal((classes, *grid)).astype(np.float32)
        view = View.fit(image, (grid[0] * stride, grid[1] * stride), fit)
        found = decode(planes[None], view, network_output_type='logits').labels
        mixed = reference(planes, view)
        top = np.sort(mixed, 0)
        clear = (top[-1] - top[-2] > 1e-5) & shown(view)
        assert clear.sum() > 0.9 * shown(view).sum()
        np.testing.assert_array_equal(found[clear], mixed.argmax(0)[clear])
        assert not found[~shown(view)].any()


def test_more_pixels_than_fit_into_one_block_are_mixed_alike(
    random_numbers: np.random.Generator,
) -> None:
    planes = random_numbers.standard_normal((3, 190, 200)).astype(np.float32)
    view = View.fit((285, 300), (190, 200), 'stretch')
    mixed = reference(planes, view)
    top = np.sort(mixed, 0)
    clear = top[-1] - top[-2] > 1e-5
    found = decode(planes[None], view).labels
    np.testing.assert_array_equal(found[clear], mixed.argmax(0)[clear])
    np.testing.assert_array_equal(find_winners(planes).labels, planes.argmax(0))


@pytest.mark.parametrize('kind', ['softmax', 'logits', 'sigmoid', 'sigmoid_logits'])
@pytest.mark.parametrize('fit', ['letterbox', 'stretch'])
def test_confidence_is_the_interpolated_chance_of_the_class_found(
    fit: str, kind: str, random_numbers: np.random.Generator
) -> None:
    raw = 3 * random_numbers.standard_normal((4, 12, 20)).astype(np.float32)
    single = kind.startswith('sigmoid')
    chances = 1 / (1 + np.exp(-raw[:1])) if single else np.exp(raw) / np.exp(raw).sum(0)
    given = chances if kind in ('softmax', 'sigmoid') else raw[: len(chances)]
    view = View.fit((31, 37), (12, 20), fit)
    found = decode(given[None], view, want_scores=True, network_output_type=kind)
    assert found.scores is not None
    # A sigmoid's score is that of the interpolated output.
    at_pixels = reference(given if single else chances, view)
    if kind == 'sigmoid_logits':
        at_pixels = 1 / (1 + np.exp(-at_pixels))
    if single:
        at_pixels = np.concatenate([1 - at_pixels, at_pixels])
    expected = np.take_along_axis(at_pixels, found.labels[None].astype(int), 0)[0]
    np.testing.assert_allclose(found.scores, expected, atol=2e-6)


def test_huge_raw_scores_overflow_nothing() -> None:
    edge = np.array([[-1000, 1000], [-89, 89]], np.float32)
    found = decode(edge[None, None], None, True, network_output_type='sigmoid_logits')
    assert found.labels.tolist() == [[0, 1], [0, 1]]
    assert found.scores is not None
    np.testing.assert_allclose(found.scores, 1.0)
    found = decode(np.stack([edge, -edge])[None], None, True, network_output_type='logits')
    assert found.labels.tolist() == [[1, 0], [1, 0]]
    with pytest.raises(TensorError, match='NaN or infinite in 1 of'):
        decode(np.full((1, 2, 1, 1), 1e300), None)


def test_a_class_that_is_ruled_out_in_a_cell_may_win_beside_it() -> None:
    # Networks rule classes out with minus infinity, of which any share is minus infinity.
    never = -np.inf
    planes = np.array([[[1, 1, 1]], [[never, 5, never]]], np.float32)
    view = View.fit((3, 9), (1, 3), 'stretch')
    found = decode(planes[None], view, want_scores=True, network_output_type='logits')
    assert found.labels.tolist() == [[0, 0, 0, 0, 1, 0, 0, 0, 0]] * 3
    assert found.scores is not None
    assert found.scores[0, 4] == pytest.approx(1 / (1 + np.exp(-4)))


@pytest.mark.parametrize('image', [(40, 90), (90, 40)])
def test_channels_last_and_half_precision_give_the_same_mask(
    image: tuple[int, int], random_numbers: np.random.Generator
) -> None:
    planes = random_numbers.standard_normal((1, 5, 24, 32)).astype(np.float16)
    view = View.fit(image, (24, 32))
    expected = decode(planes.astype(np.float32), view, network_output_type='logits').labels
    last = np.ascontiguousarray(planes.transpose(0, 2, 3, 1))
    for array, order in ((planes, 'NCHW'), (last, 'NHWC'), (last.astype(np.float64), 'NHWC')):
        found = decode(array, view, network_output_type='logits', data_format=order)
        np.testing.assert_array_equal(found.labels, expected)


def test_the_output_is_only_read(random_numbers: np.random.Generator) -> None:
    view = View.fit((30, 50), (16, 16))
    for kind, channels in (('logits', 3), ('softmax', 3), ('sigmoid', 1), ('sigmoid_logits', 1)):
        array = random_numbers.random((1, channels, 16, 16), np.float32)
        array.setflags(write=False)
        for frame in (view, None):
            found = decode(array, frame, want_scores=True, network_output_type=kind)
            assert not np.shares_memory(found.labels, array)
            assert found.scores is not None
            assert not np.shares_memory(found.scores, array)


def test_scores_of_the_padding_are_not_even_looked_at() -> None:
    scores = np.zeros((1, 2, 8, 8), np.float32)
    scores[0, :, :2] = np.nan
    assert not decode(scores, View.fit((4, 8), (8, 8))).labels.any()
    with pytest.raises(TensorError, match='NaN or infinite in 16 of 64'):
        decode(scores, View.fit((4, 8), (8, 8)), mask_frame='network')


def test_the_type_of_a_stream_of_class_ids_grows_once_and_stays() -> None:
    decoder = LabelDecoder(DecodeConfig())
    types = [
        decoder(Tensors({'ids': np.full((2, 3), highest)})).labels.dtype.name
        for highest in (3, 255, 256, 3)
    ]
    assert types == ['uint8', 'uint8', 'uint16', 'uint16']
    named = LabelDecoder(DecodeConfig(class_names=tuple(map(str, range(300)))))
    assert named(Tensors({'ids': np.zeros((2, 3), int)})).labels.dtype == np.uint16


def test_a_class_outside_that_needs_two_bytes_gets_them() -> None:
    view = View.fit((4, 12), (4, 4), 'crop')
    found = decode(np.zeros((1, 2, 4, 4), np.float32), view, outside_class=300)
    assert found.labels[0].tolist() == [300] * 4 + [0] * 4 + [300] * 4


@pytest.mark.parametrize(
    ('channels', 'kind', 'said'),
    [
        (1, 'softmax', 'has 1 channels; network_output_type softmax expects more than one'),
        (1, 'logits', 'expects more than one'),
        (2, 'sigmoid', 'has 2 channels; network_output_type sigmoid expects one'),
        (2, 'sigmoid_logits', 'expects one'),
    ],
)
def test_a_type_that_does_not_go_with_the_number_of_channels_is_refused(
    channels: int, kind: str, said: str
) -> None:
    with pytest.raises(TensorError, match=said):
        decode(np.zeros((1, channels, 4, 4), np.float32), None, network_output_type=kind)


def test_bool_and_complex_outputs_are_told_apart() -> None:
    assert decode(np.array([[[[True, False]]]]), None).labels.tolist() == [[1, 0]]
    with pytest.raises(TensorError, match='complex64; floats or whole numbers'):
        decode(np.zeros((1, 1, 2, 2), np.complex64), None)


def test_a_new_view_is_followed() -> None:
    decoder = LabelDecoder(DecodeConfig(data_format='NCHW'))
    scores = np.zeros((1, 2, 8, 8), np.float32)
    for size in ((10, 20), (20, 10), (10, 20)):
        assert decoder(Tensors({'o': scores}, View.fit(size, (8, 8)))).size == size


def test_the_cells_that_are_read_all_show_the_image() -> None:
    for fit in FITS:
        for size in ((9, 31), (31, 9), (1, 40), (17, 17)):
            view = View.fit(size, (24, 40), fit)
            for grid in ((24, 40), (6, 10), (5, 7)):
                top, left, bottom, right = view.visible()
                for cells, low, high, canvas, count in zip(
                    Resampler.of(view, grid).cells,
                    (top, left),
                    (bottom, right),
                    view.canvas,
                    grid,
                    strict=True,
                ):
                    inside = [
                        i
                        for i in range(count)
                        if 2 * low * count <= (2 * i + 1) * canvas <= 2 * high * count
                    ]
                    if inside:
                        assert (cells.start, cells.stop) == (inside[0], inside[-1] + 1)
                    assert 0 <= cells.start < cells.stop <= count
