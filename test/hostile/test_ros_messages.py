"""Tensor lists, detections, prompts and camera infos that lie about themselves."""

from __future__ import annotations

import math
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='rclpy is not installed; make test installs it')

from hypothesis import example, given
from hypothesis import strategies as st
from isaac_ros_tensor_list_interfaces.msg import Tensor, TensorList, TensorShape
from isaac_seg_py.config import DecodeConfig
from isaac_seg_py.decode.labels import LabelDecoder
from isaac_seg_py.errors import InputError
from isaac_seg_py.geometry import MAX_PIXELS, View
from isaac_seg_py.ros.cameras import pinhole_of
from isaac_seg_py.ros.conversions import tensors_from_message, VIEW_TENSOR
from isaac_seg_py.spatial import Pinhole
import numpy as np
from sensor_msgs.msg import CameraInfo, RegionOfInterest

DIMS = st.one_of(st.integers(0, 9), st.sampled_from([255, 65535, (1 << 31) - 1, (1 << 32) - 1]))
STRIDES = st.one_of(st.integers(0, 64), st.sampled_from([1 << 20, 1 << 32, (1 << 64) - 1]))
NUMBERS = st.one_of(
    st.floats(width=64), st.sampled_from([0.0, -1.0, 1e308, math.nan, math.inf, 2.0**62])
)


@st.composite
def tensors(draw: Any) -> Tensor:
    """Make a tensor whose fields may or may not fit together."""
    dims = draw(st.lists(DIMS, max_size=6))
    kind = draw(st.one_of(st.integers(0, 12), st.just(255)))
    strides = draw(st.one_of(st.just([]), st.lists(STRIDES, max_size=6)))
    size = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 8, 8: 8, 9: 4, 10: 8}.get(kind, 1)
    whole = math.prod(dims) * size
    length = draw(st.one_of(st.integers(0, 400), st.just(whole if whole <= 20000 else 3)))
    rank = draw(st.one_of(st.just(len(dims)), st.integers(0, 300)))
    message = Tensor(name=draw(st.sampled_from(['', 'scores', VIEW_TENSOR])), data_type=kind)
    message.shape = TensorShape(rank=rank, dims=dims)
    message.strides = strides
    message.data = draw(st.binary(min_size=length, max_size=length))
    return message


def tensor(dims: list[int], strides: list[int], data: bytes) -> Tensor:
    """Make a tensor of float32."""
    shape = TensorShape(rank=len(dims), dims=dims)
    return Tensor(name='scores', data_type=9, shape=shape, strides=strides, data=data)


@given(st.lists(tensors(), max_size=3))
@example([tensor([1, 3, 4000, 4000], [0, 0, 0, 0], b'four')])
@example([tensor([1] * 70, [], b'four')])
def test_tensors_are_refused_or_lie_within_their_bytes(bounded: Any, parts: list[Tensor]) -> None:
    message = TensorList(tensors=parts)
    with bounded(1 << 20):
        try:
            found = tensors_from_message(message)
        except InputError as error:
            assert str(error)
            return
    for array in found.arrays.values():
        assert 0 < array.nbytes <= 20000
        array.copy()


@given(st.lists(tensors(), min_size=1, max_size=2), st.lists(NUMBERS, min_size=8, max_size=14))
def test_a_decoder_refuses_what_it_cannot_read(
    bounded: Any, parts: list[Tensor], numbers: list[float]
) -> None:
    view = Tensor(name=VIEW_TENSOR, data_type=10, shape=TensorShape(rank=1, dims=[len(numbers)]))
    view.data = np.array(numbers, np.float64).tobytes()
    named = [part for part in parts if part.name != VIEW_TENSOR]
    decode = LabelDecoder(DecodeConfig())
    with bounded(64 << 20):
        try:
            found = decode(tensors_from_message(TensorList(tensors=[*named, view])))
        except InputError as error:
            assert str(error)
            return
    assert found.labels.ndim == 2


@given(st.lists(NUMBERS, min_size=1, max_size=16))
@example(View.fit((1 << 14, 1 << 14), (6, 8), 'stretch').to_array().tolist())
def test_a_view_is_refused_or_sane(numbers: list[float]) -> None:
    try:
        view = View.from_array(np.array(numbers))
    except InputError as error:
        assert str(error)
        return
    for height, width in (view.image, view.canvas):
        assert 0 < height * width <= MAX_PIXELS
    points = view.points_to_canvas(np.array([[0.0, 0.0], [1.0, 1.0]]))
    assert np.isfinite(points).all()


@given(
    st.lists(NUMBERS, min_size=9, max_size=9),
    st.lists(NUMBERS, min_size=12, max_size=12),
    st.lists(st.integers(0, (1 << 32) - 1), min_size=8, max_size=8),
)
def test_camera_infos_are_refused_or_usable(
    k: list[float], p: list[float], sides: list[int]
) -> None:
    height, width, across, down, x, y, tall, wide = sides
    info = CameraInfo(
        height=height, width=width, binning_x=across % 5, binning_y=down % 5, k=k, p=p
    )
    info.roi = RegionOfInterest(x_offset=x, y_offset=y, height=tall, width=wide)
    try:
        camera: Pinhole = pinhole_of(info, (48, 64))
    except InputError as error:
        assert str(error)
        return
    assert all(math.isfinite(one) for one in (camera.fx, camera.fy, camera.cx, camera.cy))
    assert camera.fx > 0
    assert camera.fy > 0
