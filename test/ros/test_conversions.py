"""Values become messages and messages values, and what does not fit is refused."""

from __future__ import annotations

from typing import Any

from isaac_ros_tensor_list_interfaces.msg import Tensor, TensorList, TensorShape
from isaac_seg_py.errors import TensorError
from isaac_seg_py.geometry import View
from isaac_seg_py.images import RawImage
from isaac_seg_py.ros import fast_data
from isaac_seg_py.ros.conversions import IMAGE, TENSORS, TENSORS_ALONE
from isaac_seg_py.tensors import Tensors
import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import Image
from std_msgs.msg import Header

pytestmark = pytest.mark.ros
HEADER = Header(frame_id='camera')


def sent(message: Any) -> Any:
    """Take a message over the wire."""
    return deserialize_message(serialize_message(message), type(message))


@pytest.mark.parametrize(
    ('encoding', 'shape', 'dtype'),
    [
        ('rgb8', (3, 5, 3), np.uint8),
        ('mono8', (3, 5), np.uint8),
        ('mono16', (3, 5), np.uint16),
        ('mono16', (3, 5), '>u2'),
        ('32FC1', (3, 5), np.float32),
        ('nv12', (6, 4), np.uint8),
        ('rgba8', (1, 1, 4), np.uint8),
    ],
)
def test_an_image_arrives_as_it_left(
    encoding: str, shape: tuple[int, ...], dtype: Any, random_numbers: np.random.Generator
) -> None:
    array = random_numbers.integers(0, 200, shape).astype(dtype)
    image = RawImage.from_array(array, encoding)
    back = IMAGE.from_message(sent(IMAGE.to_message(HEADER, image)))
    assert (back.encoding, back.size) == (encoding, image.size)
    np.testing.assert_array_equal(back.data, array)


def test_rows_with_gaps_between_them_are_sent_without() -> None:
    wide = np.arange(60, dtype=np.uint8).reshape(4, 15)
    message = sent(IMAGE.to_message(HEADER, RawImage.from_array(wide[:, 2:8], 'mono8')))
    assert (message.step, len(message.data)) == (6, 24)
    np.testing.assert_array_equal(
        np.frombuffer(message.data, np.uint8).reshape(4, 6), wide[:, 2:8]
    )


def test_the_pixels_of_a_message_are_viewed_and_not_copied() -> None:
    message = Image(height=2, width=2, encoding='mono8', step=2, data=bytes(4))
    message.data[3] = 9
    image = IMAGE.from_message(message)
    message.data[0] = 7
    assert image.data.tolist() == [[7, 0], [0, 9]]


def test_the_slow_way_of_filling_data_sends_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    image = RawImage.from_array(np.arange(12, dtype=np.uint16).reshape(3, 4), 'mono16')
    assert fast_data._buffers_work()
    fast = bytes(serialize_message(IMAGE.to_message(HEADER, image)))
    monkeypatch.setattr(fast_data, '_buffers_work', lambda: False)
    assert bytes(serialize_message(IMAGE.to_message(HEADER, image))) == fast


def test_tensors_arrive_with_their_view() -> None:
    view = View.fit((480, 641), (240, 320), 'letterbox')
    arrays = {
        'a': np.arange(6, dtype=np.float32).reshape(1, 2, 3),
        'b': np.arange(4, dtype=np.int64).reshape(2, 2).T,
    }
    message = sent(TENSORS.to_message(HEADER, Tensors(arrays, view)))
    assert [t.name for t in message.tensors] == ['a', 'b', 'isaac_seg_view']
    assert list(message.tensors[0].strides) == [24, 12, 4]
    back = TENSORS.from_message(message)
    assert list(back) == ['a', 'b']
    assert back.view == view
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)
    alone = TENSORS_ALONE.to_message(HEADER, Tensors(arrays, view))
    assert [t.name for t in alone.tensors] == ['a', 'b']


def tensor(**changes: Any) -> Tensor:
    """Make a uint8 [2, 1, 3] tensor as NVIDIA's nodes send it, with changes."""
    told = {'name': 't', 'data_type': 2, 'strides': [3, 3, 1], 'data': bytes(range(6))}
    dims = changes.pop('dims', [2, 1, 3])
    shape = TensorShape(rank=changes.pop('rank', len(dims)), dims=dims)
    return Tensor(shape=shape, **{**told, **changes})


@pytest.mark.parametrize('strides', [[3, 3, 1], []])
def test_strides_may_be_left_out(strides: list[int]) -> None:
    back = TENSORS.from_message(TensorList(tensors=[tensor(strides=strides)]))
    assert back['t'].tolist() == [[[0, 1, 2]], [[3, 4, 5]]]


def test_rows_of_a_tensor_may_have_gaps() -> None:
    back = TENSORS.from_message(
        TensorList(tensors=[tensor(strides=[4, 4, 1], data=bytes(range(7)))])
    )
    assert back['t'].tolist() == [[[0, 1, 2]], [[4, 5, 6]]]


@pytest.mark.parametrize(
    ('changes', 'said'),
    [
        ({'data_type': 11}, 'data_type 11; expected 1'),
        ({'data_type': 0}, 'data_type 0'),
        ({'rank': 2}, 'rank 2 and 3 dims'),
        ({'dims': [1] * 33, 'strides': []}, '32 are the most'),
        ({'dims': [6000, 6000, 3], 'strides': [0, 0, 1]}, 'needs 108000000'),
        ({'data_type': 9, 'dims': [1, 1, 1], 'strides': [3, 3, 3]}, 'multiples of 4'),
        ({'strides': [3, 1]}, '3 dims and 2 strides'),
        ({'data': bytes(5)}, '5 bytes of data'),
        ({'data': bytes(7)}, '7 bytes of data'),
        ({'strides': [4, 4, 1]}, 'needs 7'),
        ({'dims': [2, 0, 3], 'strides': []}, 'no dim may be 0'),
        ({'dims': [65535, 65535, 65535], 'strides': []}, 'needs 281462092005375'),
        ({'strides': [2**63, 1, 1]}, 'needs'),
    ],
)
def test_a_tensor_that_does_not_fit_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(TensorError, match=said):
        TENSORS.from_message(TensorList(tensors=[tensor(**changes)]))


@pytest.mark.parametrize(
    ('names', 'said'), [([], 'the tensor list is empty'), (['t', 't'], 'two tensors are named')]
)
def test_a_list_without_or_with_equal_names_is_refused(names: list[str], said: str) -> None:
    with pytest.raises(TensorError, match=said):
        TENSORS.from_message(TensorList(tensors=[tensor(name=name) for name in names]))


def test_what_a_message_cannot_carry_is_told() -> None:
    with pytest.raises(TensorError, match='float16, which a TensorList message cannot carry'):
        TENSORS.to_message(HEADER, Tensors({'half': np.zeros(2, np.float16)}))
