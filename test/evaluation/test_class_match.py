"""Classes of a network found among those of the data."""

from __future__ import annotations

from isaac_seg_py.errors import ConfigError
from isaac_seg_py.evaluation.class_match import match_categories, match_labels
import pytest


def test_classes_are_matched_by_name_or_else_by_number() -> None:
    table = match_labels(('sky', 'Traffic_Light', 'dog'), ('road', 'traffic light', 'sky'))
    assert table[:4].tolist() == [2, 1, 65535, 65535]
    assert match_labels((), ('a', 'b'))[:3].tolist() == [0, 1, 2]
    assert match_labels(('a', 'b'), ('x', 'y'))[:2].tolist() == [0, 1]
    with pytest.raises(ConfigError, match='no name fits'):
        match_labels(('a', 'b'), ('x', 'y', 'z'))
    data = {1: 'person', 18: 'dog', 90: 'toothbrush'}
    assert match_categories(('dog', 'cat', 'person'), data) == {0: 18, 2: 1}
    assert match_categories((), data) == {0: 1, 1: 18, 2: 90}
    with pytest.raises(ConfigError, match='no name fits'):
        match_categories(('a',), data)
