"""What image processors of transformers say, old and new, in the words of a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from isaac_seg_py.errors import ModelError
from isaac_seg_py.export.loading import processor_settings
from isaac_seg_py.export.processor import image_input
import pytest


@pytest.mark.parametrize(
    ('size', 'expected'),
    [
        ({'height': 512, 'width': 1024}, [512, 1024]),
        ({'shortest_edge': 800, 'longest_edge': 1333}, [800, 800]),
        ({'shortest_edge': 790}, [800, 800]),
        (512, [512, 512]),
        ([480, 640], [480, 640]),
    ],
)
def test_sizes_are_understood_however_they_are_written(size: Any, expected: list[int]) -> None:
    assert image_input({'size': size}, 'net', None)['size'] == expected


def test_a_side_is_made_divisible_as_the_processor_says() -> None:
    said = {'size': {'shortest_edge': 100}, 'size_divisibility': 16}
    assert image_input(said, 'net', None)['size'] == [112, 112]


def test_a_size_of_the_users_own_wins() -> None:
    assert image_input({'size': 512}, 'net', (64, 96))['size'] == [64, 96]
    assert image_input({}, 'net', (64, 96))['size'] == [64, 96]


@pytest.mark.parametrize('said', [{}, {'size': None}, {'size': {}}, {'size': 'large'}])
def test_no_size_is_an_error_with_a_remedy(said: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match='--size 512x512'):
        image_input(said, 'net', None)


@pytest.mark.parametrize(
    ('said', 'mean', 'std'),
    [
        ({}, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ({'image_mean': [0.48500001430511475] * 3}, [0.485] * 3, [0.229, 0.224, 0.225]),
        ({'do_normalize': False}, [0.0], [1.0]),
        # Pixels from 0 to 255: the tensor is p, and of x = p / 255 that is (x - 0) / (1 / 255).
        ({'do_normalize': False, 'do_rescale': False}, [0.0], [0.003921569]),
        # Pixels from -1 to 1 by the factor alone, less one.
        (
            {'rescale_factor': 2 / 255, 'image_mean': [1, 1, 1], 'image_std': [1, 1, 1]},
            [0.5] * 3,
            [0.5] * 3,
        ),
    ],
)
def test_normalisation_is_that_of_pixels_from_0_to_1(
    said: dict[str, Any], mean: list[float], std: list[float]
) -> None:
    found = image_input({'size': 8, **said}, 'net', None)
    assert found['mean'] == mean
    assert found['std'] == std


def test_another_number_of_channels_is_refused() -> None:
    with pytest.raises(ModelError, match='three channels'):
        image_input({'size': 8, 'image_mean': [0.5]}, 'net', None)


@pytest.mark.parametrize('text', ['[', '[]', '[' * 100_000])
def test_settings_that_cannot_be_read_are_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / 'preprocessor_config.json').write_text(text)
    with pytest.raises(ModelError, match=r"preprocessor_config\.json'") as caught:
        processor_settings(str(tmp_path))
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize(
    ('said', 'expected'),
    [({}, 'antialias'), ({'resample': 2}, 'antialias'), ({'resample': 0}, 'nearest')],
)
def test_images_are_reduced_as_the_processor_does(said: dict[str, Any], expected: str) -> None:
    assert image_input({'size': 512, **said}, 'net', None)['interpolation'] == expected
