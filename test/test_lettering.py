"""Words in pictures: OpenCV dies of text that is no UTF-8, so that one place alone calls it."""

from __future__ import annotations

from pathlib import Path

from isaac_seg_py.blend import legend
from isaac_seg_py.instance_masks import InstanceMasks
from isaac_seg_py.lettering import put_text, text_size
from isaac_seg_py.object_marks import mark_objects
from isaac_seg_py.palette import Palette
import numpy as np
import pytest

PACKAGE = Path(__file__).parent.parent / 'isaac_seg_py'
WHITE = (255, 255, 255)


def written(text: str) -> np.ndarray:
    """Write on black."""
    picture = np.zeros((40, 120, 3), np.uint8)
    put_text(picture, text, (4, 30), 0.6, WHITE)
    return picture


# A byte of the command line, and what JSON has as "\ud800".
@pytest.mark.parametrize('text', ['a\udcffb', 'a\ud800b'])
def test_letters_that_are_none_are_question_marks(text: str) -> None:
    expected = written('a?b')
    assert expected.any()
    np.testing.assert_array_equal(written(text), expected)
    assert text_size(text, 0.6) == text_size('a?b', 0.6)


def test_objects_and_legends_with_such_names_are_drawn() -> None:
    names, palette = ('', '\udcff'), Palette((0, 0x00FF00))
    mask = np.zeros((1, 60, 90), np.bool_)
    mask[:, 20:50, 20:50] = True
    found = InstanceMasks.of(
        mask, np.ones(1, np.float32), np.ones(1, np.int64), class_names=names, palette=palette
    )
    picture = np.zeros((60, 90, 3), np.uint8)
    mark_objects(picture, found)
    assert picture.any()
    assert legend(names, palette, [1], 60).min() == 0


def test_nobody_else_has_opencv_write() -> None:
    calls = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob('*.py')
        if any(name in path.read_text(encoding='utf-8') for name in ('putText', 'getTextSize'))
    }
    assert calls == {'lettering.py'}
