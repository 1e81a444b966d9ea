"""What the numbers in a mask stand for, whatever detections are called."""

from __future__ import annotations

from isaac_seg_py.ros.detections import Detection
from isaac_seg_py.ros.mask_meaning import MaskMeaning
from isaac_seg_py.spatial import Located
import pytest

pytestmark = pytest.mark.ros
BOX = (0.0, 0.0, 1.0, 1.0)


def place(label: int) -> Located:
    """Make a place of a label."""
    return Located(label, 1, (0, 0, 1), (0, 0, 1), (0, 0, 1))


def test_classes_have_their_name_and_no_table() -> None:
    meaning = MaskMeaning(('ground', 'cup'))
    found = [meaning.named(place(label)) for label in (1, 5)]
    assert [(one.id, one.class_id, one.score) for one in found] == [
        ('1', 'cup', 1.0),
        ('5', 'class 5', 1.0),
    ]
    assert meaning.class_table() is None


@pytest.mark.parametrize(
    ('class_id', 'number'),
    [('cup', 1), ('7', 7), ('class 300', 300), ('', 65535), ('dog', 65535), ('9' * 5000, 65535)],
)
def test_an_object_has_the_class_of_its_detection(class_id: str, number: int) -> None:
    ids = ('3', 'left door', '65536', '9' * 5000)
    meaning = MaskMeaning(('ground', 'cup'), [Detection(one, class_id, 0.5, BOX) for one in ids])
    table = meaning.class_table()
    assert table is not None
    assert table[3] == number
    assert (table[[0, 1, 2, 4]] == 65535).all()
    assert (meaning.named(place(3)).class_id, meaning.named(place(3)).score) == (class_id, 0.5)
    assert meaning.named(place(4)).class_id == ''
