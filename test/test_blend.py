"""Blending follows its formula, and a legend shows the classes that are there."""

from __future__ import annotations

from isaac_seg_py.blend import blend, class_name, legend
from isaac_seg_py.errors import ConfigError, ImageError
from isaac_seg_py.palette import Palette
import numpy as np
import pytest

IMAGE = np.full((2, 2, 3), (100, 200, 0), np.uint8)
MASK = np.full((2, 2, 3), (200, 0, 40), np.uint8)


@pytest.mark.parametrize(
    ('alpha', 'expected'),
    [
        (1.0, [100, 200, 0]),
        (0.0, [200, 0, 40]),
        (0.5, [150, 100, 20]),
        (0.75, [125, 150, 10]),
    ],
)
def test_alpha_is_the_share_of_the_image(alpha: float, expected: list[int]) -> None:
    assert blend(IMAGE, MASK, alpha).tolist() == [[expected] * 2] * 2


def test_a_mask_without_colours_is_grey() -> None:
    grey = np.full((2, 2), 40, np.uint8)
    assert blend(IMAGE, grey, 0.5)[0, 0].tolist() == [70, 120, 20]


@pytest.mark.parametrize(
    ('opacities', 'reds'),
    [
        ([[0, 255], [255, 0]], [[100, 150], [150, 100]]),
        # In between, the colour has its share of the half that is not the image's.
        ([[0, 51], [102, 255]], [[100, 110], [120, 150]]),
    ],
)
def test_the_image_shows_through_a_transparent_mask(
    opacities: list[list[int]], reds: list[list[int]]
) -> None:
    mask = np.dstack([MASK, np.array(opacities, np.uint8)])
    found = blend(IMAGE, mask, 0.5)
    assert found[..., 0].tolist() == reds
    transparent = mask[..., 3] == 0
    np.testing.assert_array_equal(found[transparent], IMAGE[transparent])


@pytest.mark.parametrize('channels', [3, 4])
def test_the_result_may_replace_the_image(channels: int) -> None:
    image = IMAGE.copy()
    mask = np.dstack([MASK, np.full((2, 2), 255, np.uint8)])[..., :channels]
    assert blend(image, mask, 0.5, image) is image
    assert image[1, 1].tolist() == [150, 100, 20]


@pytest.mark.parametrize(
    ('image', 'mask', 'said'),
    [
        (IMAGE, MASK[:1], 'the mask is 2x1 and the image 2x2'),
        (IMAGE[..., 0], MASK, r'an image uint8 of shape \(2, 2\)'),
        (IMAGE.astype(np.float32), MASK, 'an image float32'),
        (IMAGE, MASK.astype(np.uint16), 'a mask uint16'),
        (IMAGE, MASK[..., :1], r'a mask uint8 of shape \(2, 2, 1\)'),
    ],
)
def test_pictures_that_do_not_fit_are_refused(
    image: np.ndarray, mask: np.ndarray, said: str
) -> None:
    with pytest.raises(ImageError, match=said):
        blend(image, mask, 0.5)


@pytest.mark.parametrize('alpha', [-0.1, 1.1, float('nan')])
def test_an_alpha_that_is_no_share_is_refused(alpha: float) -> None:
    with pytest.raises(ConfigError, match='0 to 1'):
        blend(IMAGE, MASK, alpha)


def test_a_class_without_a_name_is_called_by_its_number() -> None:
    assert [class_name(('sky', ''), i) for i in range(3)] == ['sky', 'class 1', 'class 2']


def test_a_legend_has_a_swatch_of_each_class_present_and_no_other() -> None:
    palette = Palette((0xFF0000, 0x00FF00, 0x0000FF))
    picture = legend(('a', 'b', 'c'), palette, [2, 0, 2], 100)
    assert picture.shape[0] == 100
    colors = {tuple(pixel) for pixel in picture.reshape(-1, 3).tolist()}
    assert {(255, 0, 0), (0, 0, 255)} <= colors
    assert (0, 255, 0) not in colors
    # The lower class is above, and the names are written in black.
    assert np.argmax((picture == (255, 0, 0)).all(-1).any(1)) < np.argmax(
        (picture == (0, 0, 255)).all(-1).any(1)
    )
    assert picture.min() == 0


def test_a_legend_of_many_classes_grows_sideways_and_loses_none() -> None:
    palette = Palette(tuple(0x010000 * i + 0x00FF00 for i in range(1, 41)))
    picture = legend((), palette, range(40), 100)
    assert picture.shape[0] == 100
    for class_id in range(40):
        assert (picture == palette.rgb(class_id)).all(-1).sum() >= 36


def test_a_legend_of_nothing_is_blank_and_a_flat_one_refused() -> None:
    assert legend((), Palette((0,)), [], 50).min() == 255
    with pytest.raises(ConfigError, match='14 or more'):
        legend((), Palette((0,)), [0], 13)
