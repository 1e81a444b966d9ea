"""Truth tables of the decoder, written by hand."""

from __future__ import annotations

from typing import Any

from isaac_seg_py.config import DecodeConfig
from isaac_seg_py.decode.labels import LabelDecoder
from isaac_seg_py.errors import TensorError
from isaac_seg_py.geometry import View
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest

# The classes of a 2x3 map, and scores of three classes that lead to them.
MAP = [[0, 1, 2], [2, 1, 0]]
CHANCES = np.array(
    [
        [[0.8, 0.1, 0.2], [0.0, 0.3, 0.5]],
        [[0.1, 0.8, 0.2], [0.1, 0.6, 0.3]],
        [[0.1, 0.1, 0.6], [0.9, 0.1, 0.2]],
    ],
    np.float32,
)
BINARY = np.array([[0.2, 0.5, 0.9], [0.49, 0.51, 0.0]], np.float32)
IDS = np.array(MAP)


def decode(array: np.ndarray, view: View | None = None, **settings: Any) -> Any:
    """Decode one output."""
    decoder = LabelDecoder(DecodeConfig(**settings))
    return decoder(Tensors({'output': array}, view), want_scores=True)


@pytest.mark.parametrize(
    ('array', 'settings'),
    [
        (CHANCES[None], {}),
        (CHANCES[None], {'network_output_type': 'softmax', 'data_format': 'NCHW'}),
        (CHANCES, {'data_format': 'CHW'}),
        (CHANCES.transpose(1, 2, 0)[None], {'data_format': 'NHWC'}),
        (CHANCES.transpose(1, 2, 0), {'data_format': 'HWC'}),
        (CHANCES[None] - 100, {'network_output_type': 'logits', 'data_format': 'NCHW'}),
        (CHANCES[None] - 100, {'network_output_type': 'softmax', 'data_format': 'NCHW'}),
        (CHANCES[None].astype(np.float16), {'data_format': 'NCHW'}),
        (IDS.astype(np.int32)[None, None], {}),
        (IDS.astype(np.int64)[None, :, :, None], {}),
        (IDS.astype(np.uint8), {}),
        (IDS.astype(np.int32)[None], {'network_output_type': 'argmax'}),
        (IDS.astype(np.float32), {'network_output_type': 'argmax'}),
    ],
)
def test_every_type_and_layout_leads_to_the_same_classes(
    array: np.ndarray, settings: dict[str, str]
) -> None:
    if 'data_format' not in settings and array.ndim == 4 and array.shape[1] == 3:
        settings = {**settings, 'data_format': 'NCHW'}
    found = decode(array, **settings)
    assert found.labels.dtype == np.uint8
    assert found.labels.tolist() == MAP


@pytest.mark.parametrize(
    ('shape', 'dtype', 'size'),
    [
        ((1, 544, 960, 1), np.int32, (544, 960)),
        ((1, 1, 512, 512), np.int64, (512, 512)),
        ((1, 544, 960, 4), np.float32, (544, 960)),
        ((1, 19, 128, 128), np.float32, (128, 128)),
        ((1, 1, 64, 32), np.float32, (64, 32)),
        ((64, 96), np.uint8, (64, 96)),
        ((21, 16, 32), np.float32, (16, 32)),
        ((2, 16, 32), np.int32, (16, 32)),
    ],
)
def test_the_layouts_of_known_models_are_found(
    shape: tuple[int, ...], dtype: type, size: tuple[int, int]
) -> None:
    assert decode(np.zeros(shape, dtype)).size == size


def test_the_canvas_decides_where_the_axes_alone_do_not() -> None:
    square = np.zeros((1, 8, 12, 8), np.float32)
    with pytest.raises(TensorError, match='set data_format'):
        decode(square)
    assert decode(square, View.identity((80, 120)), mask_frame='network').size == (8, 12)
    assert decode(square, View.identity((120, 80)), mask_frame='network').size == (12, 8)


@pytest.mark.parametrize(
    ('array', 'settings', 'expected'),
    [
        (BINARY, {'network_output_type': 'sigmoid'}, [[0, 1, 1], [0, 1, 0]]),
        (BINARY[None, None], {}, [[0, 1, 1], [0, 1, 0]]),
        (BINARY, {'network_output_type': 'sigmoid', 'threshold': 0.9}, [[0, 0, 1], [0, 0, 0]]),
        (BINARY * 8 - 4, {'network_output_type': 'sigmoid_logits'}, [[0, 1, 1], [0, 1, 0]]),
        (-BINARY - 1, {'network_output_type': 'sigmoid_logits'}, [[0, 0, 0], [0, 0, 0]]),
        (BINARY, {'network_output_type': 'sigmoid', 'threshold': 0.0}, [[1, 1, 1], [1, 1, 1]]),
    ],
)
def test_a_single_channel_is_above_or_below_the_threshold(
    array: np.ndarray, settings: dict[str, Any], expected: list[list[int]]
) -> None:
    assert decode(array, **settings).labels.tolist() == expected


def test_equal_scores_go_to_the_lower_class() -> None:
    tie = np.zeros((1, 3, 2, 2), np.float32)
    tie[0, 1:, 0, 0] = 7
    assert decode(tie, data_format='NCHW').labels.tolist() == [[1, 0], [0, 0]]


def test_confidence_is_the_chance_of_the_class_found() -> None:
    np.testing.assert_allclose(decode(CHANCES[None], data_format='NCHW').scores, CHANCES.max(0))
    scores = decode(BINARY, network_output_type='sigmoid').scores
    np.testing.assert_allclose(scores, [[0.8, 0.5, 0.9], [0.51, 0.51, 1.0]], rtol=1e-6)
    logits = np.log(CHANCES + 1e-9)[None] + 5
    found = decode(logits, data_format='NCHW', network_output_type='logits').scores
    np.testing.assert_allclose(found, CHANCES.max(0), rtol=1e-4)
    assert decode(IDS.astype(np.int32)).scores is None


def test_more_than_255_classes_take_two_bytes() -> None:
    scores = np.zeros((1, 300, 1, 2), np.float32)
    scores[0, 299, 0, 0] = scores[0, 256, 0, 1] = 1
    found = decode(scores, data_format='NCHW')
    assert found.labels.dtype == np.uint16
    assert found.labels.tolist() == [[299, 256]]
    ids = decode(np.array([[65534, 3]], np.int64))
    assert (ids.labels.dtype, ids.labels.tolist()) == (np.uint16, [[65534, 3]])


NAN = CHANCES[None].copy()
NAN[0, 1, 0, 0] = np.nan


@pytest.mark.parametrize(
    ('array', 'settings', 'said'),
    [
        (NAN, {'data_format': 'NCHW'}, 'NaN or infinite in 1 of 6 cells'),
        (BINARY * 3, {}, 'Set network_output_type to sigmoid_logits'),
        (BINARY * np.nan, {}, 'NaN'),
        (np.array([[-1, 2]]), {}, 'class ids go from -1 to 2; 0 to 65534'),
        (np.array([[65535]]), {}, '65535'),
        (np.array([[0.5]], np.float32), {'network_output_type': 'argmax'}, 'fractions'),
        (np.zeros((2, 2), np.int32), {'network_output_type': 'softmax'}, 'expects floats'),
        (np.zeros((1, 2, 2, 2, 2)), {}, 'no output has 2 to 4 axes'),
        (np.zeros((2, 2)), {'data_format': 'NCHW'}, 'expects 4 axes'),
        (np.zeros((1, 3, 4, 4), np.int32), {'data_format': 'NCHW'}, 'class ids have one'),
        (np.zeros((1, 0, 4, 4), np.float32), {'data_format': 'NCHW'}, 'no axis may be 0'),
        (np.zeros((0, 3, 4, 4), np.float32), {}, r'shape \[0, 3, 4, 4\]; no axis may be 0'),
        (np.zeros((0, 4, 4), np.int64), {}, 'no axis may be 0'),
        (np.zeros((1, 3, 0, 0), np.float32), {}, 'no axis may be 0'),
    ],
)
def test_a_wrong_output_is_refused_with_words(
    array: np.ndarray, settings: dict[str, str], said: str
) -> None:
    with pytest.raises(TensorError, match=said):
        decode(array, **settings)


def test_a_batch_gives_one_result_for_each_image() -> None:
    pair = np.stack([CHANCES, CHANCES[::-1]])
    decoder = LabelDecoder(DecodeConfig(data_format='NCHW'))
    found = [result.labels.tolist() for result in decoder.batch(Tensors({'o': pair}))]
    assert found == [MAP, (2 - IDS).tolist()]
