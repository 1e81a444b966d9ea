"""The graphs of all families are made by one builder, and take Isaac ROS's arguments."""

from __future__ import annotations

from typing import Any

from isaac_seg_py.errors import ConfigError
from isaac_seg_py.graphs import find_graph, NodeSpec
import pytest


def nodes(graph: str, **given: str) -> dict[str, NodeSpec]:
    """Return the nodes by their names."""
    return {spec.name: spec for spec in find_graph(graph).nodes(given)}


@pytest.mark.parametrize(
    ('graph', 'decoder', 'plugin', 'model'),
    [
        ('unet', 'unet_decoder_node', 'UNetDecoderNode', 'tiny-unet'),
        ('segformer', 'segformer_decoder_node', 'SegformerDecoderNode', 'tiny-segformer'),
        ('instances', 'instance_decoder_node', 'InstanceDecoderNode', 'tiny-instances'),
    ],
)
def test_a_graph_has_its_decoder_and_its_prefix(
    graph: str, decoder: str, plugin: str, model: str
) -> None:
    found = nodes(graph, image='/cam', camera_info='/info', depth='/depth', legend='true')
    assert found[decoder].plugin == plugin
    told = ('dnn_image_encoder_node', 'tensor_rt_node', decoder, 'mask_to_3d_node')
    assert {found[name].parameters['model'] for name in told} == {model}
    overlay = found['alpha_blend_node']
    assert overlay.remappings['image_input'] == '/cam'
    assert overlay.remappings['mask_input'] == f'{graph}/colored_segmentation_mask'
    assert overlay.remappings['legend_input'] == f'{graph}/legend'
    assert overlay.parameters['legend'] is True
    # Only objects have marks.
    assert overlay.remappings.get('marks_input') == (
        'instances/marks' if graph == 'instances' else None
    )
    spatial = found['mask_to_3d_node']
    assert spatial.remappings['depth'] == '/depth'
    assert spatial.remappings['camera_info'] == '/info'
    assert spatial.remappings['mask'] == f'{graph}/raw_segmentation_mask'
    assert spatial.parameters['mask_kind'] == ('objects' if graph == 'instances' else 'classes')


def test_depth_and_legend_are_only_there_when_asked_for() -> None:
    found = nodes('segformer')
    assert 'mask_to_3d_node' not in found
    assert 'legend' not in found['alpha_blend_node'].parameters
    assert 'alpha_blend_node' not in nodes('segformer', overlay='false')
    unmarked = nodes('instances', marks='false')['alpha_blend_node']
    assert 'marks' not in unmarked.parameters
    assert 'marks_input' not in unmarked.remappings


@pytest.mark.parametrize(
    ('name', 'text', 'node', 'parameter', 'value'),
    [
        ('input_image_width', '1920', 'dnn_image_encoder_node', 'input_image_width', 1920),
        ('network_image_height', '544', 'dnn_image_encoder_node', 'network_image_height', 544),
        (
            'encoder_image_mean', '[0.5, 0.4, 0.3]',
            'dnn_image_encoder_node', 'image_mean', [0.5, 0.4, 0.3],
        ),
        ('use_planar_input', 'False', 'dnn_image_encoder_node', 'tensor_layout', 'NHWC'),
        ('use_planar_input', 'True', 'dnn_image_encoder_node', 'tensor_layout', 'NCHW'),
        (
            'output_binding_names', '["argmax_1"]',
            'tensor_rt_node', 'output_binding_names', ['argmax_1'],
        ),
        ('tensorrt_verbose', 'True', 'tensor_rt_node', 'verbose', True),
        ('engine_file_path', '/a.plan', 'tensor_rt_node', 'engine_file_path', '/a.plan'),
        ('max_batch_size', '4', 'tensor_rt_node', 'max_batch_size', 4),
        ('network_output_type', 'argmax', 'unet_decoder_node', 'network_output_type', 'argmax'),
        ('mask_width', '960', 'unet_decoder_node', 'mask_width', 960),
    ],
)  # fmt: skip
def test_an_argument_of_isaac_ros_becomes_the_parameter_of_its_node(
    name: str, text: str, node: str, parameter: str, value: Any
) -> None:
    found = nodes('unet', **{name: text})
    assert found[node].parameters[parameter] == value
    usual = nodes('unet')
    for other, spec in found.items():
        if other != node:
            assert spec == usual[other]


@pytest.mark.parametrize(
    ('name', 'text'),
    [('engine_file_path', '[""]'), ('input_binding_names', '[""]'), ('max_batch_size', '0')],
)
def test_what_isaac_ros_says_for_nothing_is_nothing(name: str, text: str) -> None:
    assert nodes('unet', **{name: text}) == nodes('unet')


def test_the_file_of_a_model_is_the_model_of_every_node() -> None:
    found = nodes('segformer', model_file_path='/tmp/net.onnx')
    models = {spec.parameters.get('model') for spec in found.values()}
    assert models == {'/tmp/net.onnx', None}


def test_an_argument_that_is_no_yaml_is_refused() -> None:
    with pytest.raises(ConfigError, match=r'encoder_image_mean is .\[0.5. \(.*\); YAML'):
        nodes('unet', encoder_image_mean='[0.5')


def test_segnet_is_one_node_with_the_names_of_ros_deep_learning() -> None:
    found = nodes(
        'segnet', image='/cam', model_path='net.onnx', overlay_alpha='120', source='scene'
    )
    assert list(found) == ['scene_publisher_node', 'segnet']
    segnet = found['segnet']
    assert segnet.parameters['overlay_alpha'] == 120.0
    assert segnet.parameters['model_path'] == 'net.onnx'
    assert segnet.remappings['image_in'] == '/cam'
    assert segnet.remappings['class_mask'] == 'segnet/class_mask'


@pytest.mark.parametrize(
    ('name', 'text', 'node', 'parameter', 'value'),
    [
        ('max_batch_size', '4', 'segment_anything_data_encoder_node', 'max_batch_size', 4),
        ('max_batch_size', '4', 'tensor_rt_node', 'max_batch_size', 4),
        (
            'orig_img_dims', '[632, 1200]',
            'segment_anything_data_encoder_node', 'orig_img_dims', [632, 1200],
        ),
        (
            'output_tensor_names', '["masks","iou","low_res_mask"]',
            'tensor_rt_node', 'output_tensor_names', ['masks', 'iou', 'low_res_mask'],
        ),
        ('mask_width', '1200', 'segment_anything_decoder_node', 'mask_width', 1200),
        ('engine_file_path', '/a.plan', 'tensor_rt_node', 'engine_file_path', '/a.plan'),
    ],
)  # fmt: skip
def test_the_chain_of_segment_anything_takes_isaac_ros_words(
    name: str, text: str, node: str, parameter: str, value: Any
) -> None:
    assert nodes('segment_anything_stages', **{name: text})[node].parameters[parameter] == value


def test_a_file_of_segment_anything_is_taken_as_nvidia_makes_it() -> None:
    shipped = nodes('segment_anything_stages')
    assert shipped['dnn_image_encoder_node'].parameters['model'] == 'tiny-sam'
    assert 'image_mean' not in shipped['dnn_image_encoder_node'].parameters
    for given in (
        {'model_file_path': '/m/model.onnx'},
        {'backend': 'triton', 'model_name': 'segment_anything'},
    ):
        found = nodes('segment_anything_stages', **given)
        encoder = found['dnn_image_encoder_node'].parameters
        assert (encoder['model'], encoder['network_image_width']) == ('', 1024)
        assert encoder['image_mean'] == [0.485, 0.456, 0.406]
        network = found['tensor_rt_node'].parameters
        assert network['model'] == ''
        assert given.items() <= network.items()
