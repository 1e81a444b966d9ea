"""What TensorRTNode is told of its network: fused, chosen, and from a file of nvinfer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from isaac_seg_py.errors import BackendError, ConfigError
from isaac_seg_py.ros.composition import Composition
from isaac_seg_py.ros.nodes.dnn_image_encoder import DnnImageEncoderNode
from isaac_seg_py.ros.nodes.tensor_rt import TensorRTNode
import numpy as np
import pytest
from rclpy.parameter import Parameter
import tiny_models
from watched_graph import array, Camera, classes, message, picture

pytestmark = pytest.mark.ros
Start = Callable[..., Composition]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the files that a test makes to itself."""
    monkeypatch.setenv('ISAAC_SEG_ENGINES', str(tmp_path / 'engines'))


def given(**values: Any) -> dict[str, Any]:
    """Return the options of a node with these parameters."""
    return {'parameter_overrides': [Parameter(name, value=v) for name, v in values.items()]}


def test_a_fused_graph_finds_the_same_masks(start: Start, camera: Camera) -> None:
    graph = start(fuse='true', overlay='false')
    network = graph.nodes['tensor_rt_node']._network
    assert str(network.inputs[0]) == 'image uint8 [1, 6, 8, 3]'
    camera.images.publish(message(picture(), 1))
    camera.until(lambda: camera.masks, 'a mask')
    np.testing.assert_array_equal(array(camera.masks[0]), classes())


def test_the_winner_may_be_chosen_by_the_network(start: Start, camera: Camera) -> None:
    more = {
        'tensor_rt_node': {'fuse_output': True},
        'unet_decoder_node': {'mask_frame': 'network', 'network_output_type': 'argmax'},
    }
    graph = start(more, fuse='true', overlay='false')
    assert str(graph.nodes['tensor_rt_node']._network.outputs[0]) == 'scores uint8 [1, 1, 6, 8]'
    camera.images.publish(message(picture((6, 8)), 1))
    camera.until(lambda: camera.masks, 'a mask')
    np.testing.assert_array_equal(array(camera.masks[0]), classes((6, 8)))


def test_an_encoder_that_normalises_what_is_fused_is_refused(ros: Any, tmp_path: Path) -> None:
    model = str(tiny_models.brightest_channel(tmp_path / 'brightest.onnx'))
    options = given(model=model, fuse=True, image_mean=[0.1, 0.2, 0.3])
    with pytest.raises(ConfigError, match='a uint8 tensor takes pixel values as they are'):
        DnnImageEncoderNode(context=ros.context, **options)


def test_the_node_says_which_library_runs_and_why_no_other(
    start: Start, camera: Camera, capfd: pytest.CaptureFixture[str]
) -> None:
    graph = start(overlay='false')
    choice = graph.nodes['tensor_rt_node']._network.choice
    assert 'the best here' in choice
    said = capfd.readouterr()
    assert choice in said.err + said.out


def test_a_backend_that_cannot_run_stops_the_node(ros: Any, tmp_path: Path) -> None:
    model = str(tiny_models.brightest_channel(tmp_path / 'brightest.onnx'))
    with pytest.raises(BackendError, match=r'no Triton server answers|pip install'):
        TensorRTNode(
            context=ros.context,
            **given(model=model, backend='triton', server_url='127.0.0.1:9', server_timeout=0.1),
        )


def test_a_file_of_nvinfer_says_what_precision_is_wanted(ros: Any, tmp_path: Path) -> None:
    tiny_models.brightest_channel(tmp_path / 'brightest.onnx')
    path = tmp_path / 'pgie.txt'
    path.write_text('[property]\nonnx-file=brightest.onnx\nnetwork-mode=0\n')
    node = TensorRTNode(context=ros.context, **given(model=str(path), backend='onnxruntime'))
    try:
        assert node.get_parameter('precision').value == 'fp32'
    finally:
        node.destroy_node()


def test_a_size_that_the_model_does_not_take_is_told_at_the_start(
    ros: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = str(tiny_models.brightest_channel(tmp_path / 'brightest.onnx'))
    node = DnnImageEncoderNode(context=ros.context, **given(model=model, network_image_width=960))
    node.destroy_node()
    assert 'network_image_width is 960, but the model takes 8x6' in capfd.readouterr().err
    node = DnnImageEncoderNode(context=ros.context, **given(model=model, network_image_width=8))
    node.destroy_node()
    assert 'but the model takes' not in capfd.readouterr().err
