"""View: exact rectangles, the way there and back, and what is refused."""

from __future__ import annotations

import itertools

from isaac_seg_py.errors import ConfigError, SegmentationError, TensorError
from isaac_seg_py.geometry import FITS, View
import numpy as np
import pytest

SIZES = ((1080, 1920), (480, 848), (481, 639), (7, 5), (1, 1), (3, 1000), (997, 13))
CANVASES = ((512, 512), (544, 960), (33, 17), (1, 1))
EVERY = [
    View.fit(image, canvas, how) for image, canvas, how in itertools.product(SIZES, CANVASES, FITS)
]


@pytest.mark.parametrize(
    ('image', 'canvas', 'how', 'content', 'offset'),
    [
        ((1080, 1920), (512, 512), 'letterbox', (288, 512), (112, 0)),
        ((1080, 1920), (544, 960), 'letterbox', (540, 960), (2, 0)),
        ((480, 848), (544, 960), 'letterbox', (543, 960), (0, 0)),
        ((480, 848), (512, 512), 'letterbox', (290, 512), (111, 0)),
        ((632, 1200), (512, 512), 'letterbox', (270, 512), (121, 0)),
        ((632, 1200), (544, 960), 'letterbox', (506, 960), (19, 0)),
        ((376, 672), (544, 960), 'letterbox', (537, 960), (3, 0)),
        ((1242, 2208), (544, 960), 'letterbox', (540, 960), (2, 0)),
        ((100, 30), (50, 50), 'letterbox', (50, 15), (0, 17)),
        ((1080, 1920), (512, 512), 'letterbox_top_left', (288, 512), (0, 0)),
        ((1080, 1920), (512, 512), 'stretch', (512, 512), (0, 0)),
        ((1080, 1920), (512, 512), 'crop', (512, 910), (0, -199)),
        ((480, 640), (512, 512), 'crop', (512, 683), (0, -86)),
        ((1920, 1080), (512, 512), 'crop', (910, 512), (-199, 0)),
        ((3, 1000), (10, 10), 'letterbox', (1, 10), (4, 0)),
        ((512, 512), (512, 512), 'letterbox', (512, 512), (0, 0)),
    ],
)
def test_the_rectangle_is_exact(image, canvas, how, content, offset):
    view = View.fit(image, canvas, how)
    assert (view.content, view.offset) == (content, offset)


@pytest.mark.parametrize('view', EVERY, ids=str)
def test_points_and_boxes_come_back(view):
    height, width = view.image
    points = [(0, 0), (width, height), (width / 3, height / 7), (0.5, height - 0.5)]
    np.testing.assert_allclose(
        view.points_to_image(view.points_to_canvas(points)), points, atol=1e-9 * max(view.image)
    )
    boxes = [(0, 0, width, height), (width / 4, height / 5, width / 2, height / 3)]
    np.testing.assert_allclose(
        view.boxes_to_image(view.boxes_to_canvas(boxes)), boxes, atol=1e-9 * max(view.image)
    )


@pytest.mark.parametrize('view', EVERY, ids=str)
def test_the_corners_of_the_image_are_the_corners_of_its_rectangle(view):
    height, width = view.image
    top, left = view.offset
    expected = [left, top, left + view.content[1], top + view.content[0]]
    np.testing.assert_allclose(view.boxes_to_canvas([0, 0, width, height]), expected, rtol=1e-12)


@pytest.mark.parametrize('view', EVERY, ids=str)
def test_letterboxes_lie_within_the_canvas_and_crops_cover_it(view):
    for content, offset, canvas in zip(view.content, view.offset, view.canvas, strict=True):
        if offset < 0 or content > canvas:
            assert offset <= 0
            assert offset + content >= canvas
        else:
            assert offset + content <= canvas
    top, left, bottom, right = view.visible()
    assert 0 <= top < bottom <= view.canvas[0]
    assert 0 <= left < right <= view.canvas[1]


@pytest.mark.parametrize('view', EVERY, ids=str)
def test_a_view_survives_a_message(view):
    assert View.from_array(view.to_array()) == view


def test_points_keep_their_shape_and_x_comes_first():
    view = View.fit((100, 200), (60, 100), 'letterbox')
    assert (view.content, view.offset, view.scale) == ((50, 100), (5, 0), (0.5, 0.5))
    np.testing.assert_array_equal(view.points_to_canvas([20, 40]), [10, 25])
    np.testing.assert_array_equal(view.points_to_image([[[10, 25]]]), [[[20, 40]]])
    np.testing.assert_array_equal(view.boxes_to_canvas([0, 0, 200, 100]), [0, 5, 100, 55])
    assert view.points_to_image(np.empty((0, 2))).shape == (0, 2)
    assert view.boxes_to_image(np.empty((0, 4))).shape == (0, 4)


def test_the_visible_part_leaves_out_bars_and_what_is_cut_off():
    assert View.fit((1080, 1920), (512, 512)).visible() == (112, 0, 400, 512)
    assert View.fit((1080, 1920), (512, 512), 'crop').visible() == (0, 0, 512, 512)


@pytest.mark.parametrize(
    ('canvas', 'content', 'offset'),
    [
        ((256, 256), (144, 256), (56, 0)),
        ((128, 128), (72, 128), (28, 0)),
        ((1024, 1024), (576, 1024), (224, 0)),
        ((512, 512), (288, 512), (112, 0)),
    ],
)
def test_a_view_can_be_had_at_the_size_of_the_output(canvas, content, offset):
    view = View.fit((1080, 1920), (512, 512))
    assert view.resized(canvas) == View((1080, 1920), canvas, content, offset)


def test_a_view_of_a_few_bytes_may_not_ask_for_gigabytes():
    view = View.fit((20000, 20000), (240, 320))
    with pytest.raises(TensorError, match='400000000 pixels'):
        View.from_array(view.to_array())


@pytest.mark.parametrize('canvas', [(100, 128), (3, 3), (30, 512)])
def test_a_view_that_would_need_fractions_cannot_be_had(canvas):
    assert View.fit((1080, 1920), (512, 512)).resized(canvas) is None


def test_centres_of_the_image_on_the_canvas_and_on_a_coarser_grid():
    view = View.fit((4, 8), (8, 8), 'letterbox')
    rows, columns = view.image_centres_on((8, 8))
    np.testing.assert_array_equal(rows, [2.5, 3.5, 4.5, 5.5])
    np.testing.assert_array_equal(columns, np.arange(8) + 0.5)
    rows, columns = view.image_centres_on((2, 4))
    np.testing.assert_array_equal(rows, [0.625, 0.875, 1.125, 1.375])
    np.testing.assert_array_equal(columns, (np.arange(8) + 0.5) / 2)


@pytest.mark.parametrize('view', EVERY, ids=str)
def test_centres_agree_with_points(view):
    rows, columns = view.image_centres_on(view.canvas)
    last = view.image[1] - 0.5, view.image[0] - 0.5
    np.testing.assert_allclose(view.points_to_canvas([0.5, 0.5]), [columns[0], rows[0]])
    np.testing.assert_allclose(view.points_to_canvas(last), [columns[-1], rows[-1]])


def test_identity_maps_everything_to_itself():
    view = View.identity((3, 5))
    assert view.is_identity
    assert view == View.fit((3, 5), (3, 5))
    assert not View.fit((3, 5), (5, 5)).is_identity
    np.testing.assert_array_equal(view.points_to_canvas([[1.25, 2]]), [[1.25, 2]])


@pytest.mark.parametrize(
    ('make', 'kind', 'words'),
    [
        (lambda: View.fit((3, 5), (4, 4), 'zoom'), ConfigError, "'zoom'.*letterbox"),
        (lambda: View.fit((0, 5), (4, 4)), ConfigError, r'\(0, 5\)'),
        (lambda: View((3, 5), (4, 0), (1, 1), (0, 0)), ConfigError, 'canvas size is 4x0'),
        (lambda: View((3, 5), (4, 4), (2, 2), (4, 0)), ConfigError, 'beside its canvas'),
        (lambda: View((3, 5), (4, 4), (2, 2), (0, -2)), ConfigError, 'beside its canvas'),
        (lambda: View.from_array([1, 2, 3]), TensorError, '8 whole numbers, but 3'),
        (lambda: View.from_array([1.5] * 8), TensorError, 'float64'),
        (lambda: View.from_array([0] * 8), TensorError, 'image size is 0x0'),
    ],
)
def test_a_view_that_shows_nothing_is_refused(make, kind, words):
    with pytest.raises(kind, match=words) as caught:
        make()
    assert isinstance(caught.value, SegmentationError)
