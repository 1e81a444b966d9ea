"""Which classes there are, which one is left out, and what is said of names that do not fit."""

from __future__ import annotations

import logging
from typing import Any

from isaac_seg_py.config import DecodeConfig
from isaac_seg_py.decode.labels import LabelDecoder
from isaac_seg_py.errors import ConfigError, TensorError
from isaac_seg_py.geometry import View
from isaac_seg_py.masks import LabelImage
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest

# Two cells: their best classes are 2 and 0, their next best 1 and 2.
SCORES = np.array([[0.1, 0.5], [0.2, 0.1], [0.7, 0.4]], np.float32).reshape(1, 3, 1, 2)


def decode(outputs: Any = SCORES, view: View | None = None, **settings: Any) -> LabelImage:
    if isinstance(outputs, np.ndarray):
        outputs = {'scores': outputs}
    decoder = LabelDecoder(DecodeConfig(**{'data_format': 'NCHW', **settings}))
    return decoder(Tensors(outputs, view), want_scores=True)


@pytest.mark.parametrize(
    ('ignored', 'labels'),
    [('', [2, 0]), ('2', [1, 0]), ('0', [2, 2]), ('1', [2, 0]), ('Car', [1, 0]), ('ROAD', [2, 2])],
)
def test_the_class_left_out_is_never_chosen(ignored: str, labels: list[int]) -> None:
    names = ('road', 'tree', 'car')
    found = decode(ignore_class=ignored, class_names=names)
    assert found.labels.tolist() == [labels]
    assert found.scores is not None
    wide = View.fit((3, 20), (10, 20), 'stretch')
    for filter_mode in ('linear', 'point'):
        large = decode(
            SCORES, wide, ignore_class=ignored, class_names=names, filter_mode=filter_mode
        )
        assert sorted(set(large.labels.reshape(-1).tolist())) == sorted(set(labels))


def test_more_classes_than_a_byte_holds_keep_their_numbers() -> None:
    scores = np.zeros((1, 257, 1, 2), np.float32)
    scores[0, 256, 0] = 2
    scores[0, 3, 0, 0] = 3
    found = decode(scores, ignore_class='3')
    assert found.labels.tolist() == [[256, 256]]
    assert found.labels.dtype == np.uint16


@pytest.mark.parametrize(
    ('outputs', 'settings', 'error', 'said'),
    [
        (SCORES, {'ignore_class': 'sky'}, ConfigError, 'classes are road, tree, car'),
        (SCORES, {'ignore_class': '3'}, ConfigError, "class '3'"),
        (SCORES[:, :1], {'ignore_class': '0'}, TensorError, 'one channel'),
        (SCORES.argmax(1, keepdims=True), {'ignore_class': '0'}, TensorError, 'no next best'),
        ({'a': SCORES, 'b': SCORES}, {'output_name': 'c'}, TensorError, "no tensor 'c'"),
    ],
)
def test_what_cannot_be_left_out_is_said(
    outputs: Any, settings: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        decode(outputs, class_names=('road', 'tree', 'car'), **settings)


def test_the_output_named_is_the_one_decoded() -> None:
    outputs = {'aux': SCORES, 'out': -SCORES}
    assert decode(outputs).labels.tolist() == [[2, 0]]
    assert decode(outputs, output_name='out').labels.tolist() == [[0, 1]]
    # A node may be given the one tensor under another name.
    assert decode({'other': SCORES}, output_name='out').labels.tolist() == [[2, 0]]


@pytest.mark.parametrize(
    ('outputs', 'settings', 'said'),
    [
        (SCORES, {'class_names': ('road', 'tree')}, '2 class names came: from 2 on'),
        (SCORES, {'class_names': ('road', 'tree', 'car', 'sky')}, 'those from 3 on'),
        (SCORES, {'color_palette': (1, 2)}, '2 colours came'),
        (SCORES[:, :1], {'class_names': ('road',)}, 'has 2 classes, but 1 class names'),
        (SCORES.argmax(1, keepdims=True), {'class_names': ('road',)}, '3 classes or more'),
        (SCORES, {}, ''),
        (SCORES, {'class_names': ('road', 'tree', 'car'), 'color_palette': (1, 2, 3, 4)}, ''),
        (SCORES[:, :1], {'class_names': ('road', 'tree')}, ''),
        (SCORES.argmax(1, keepdims=True), {'class_names': tuple('abcdef')}, ''),
    ],
)
def test_names_and_colours_that_do_not_fit_are_told_once(
    outputs: np.ndarray,
    settings: dict[str, Any],
    said: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    decoder = LabelDecoder(DecodeConfig(data_format='NCHW', **settings))
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            found = decoder(Tensors({'scores': outputs}))
    assert len(caplog.messages) == bool(said)
    assert said in ''.join(caplog.messages)
    assert found.name(300) == 'class 300'
