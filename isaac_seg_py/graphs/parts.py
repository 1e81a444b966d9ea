"""The arguments and nodes that graphs share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .graph import Argument, NodeSpec
from ..infer_config import BACKENDS


def model_arguments(default: str) -> tuple[Argument, ...]:
    """Return which network runs, and how; the default is a model's name."""
    return (
        Argument(
            'model', default, 'Model: a name (isaac-seg models), a manifest or an ONNX file.'
        ),
        Argument('backend', 'auto', 'What runs the network.', BACKENDS),
        Argument('threads', 0, 'Threads for a network on the CPU; 0: one per core.'),
        Argument('fuse', False, 'Fold the normalisation of pixels into the network.'),
    )


INPUT: Final = (
    Argument('image', 'image', 'Topic of the camera images (sensor_msgs/Image).'),
    Argument('camera_info', 'camera_info', 'Topic of the camera_info; read on use_camera_info.'),
    Argument('use_camera_info', False, 'Wait for the camera_info of the same stamp.'),
    Argument(
        'input_qos',
        'AUTO',
        'Quality of service of image and camera_info: AUTO, SYSTEM_DEFAULT, DEFAULT, SENSOR_DATA, '
        'PARAMETER_EVENTS, SERVICES_DEFAULT or PARAMETERS.',
    ),
)
SOURCE: Final = (
    Argument(
        'source', '', 'Publish this: scene, or an image, folder, video or camera. Empty: none.'
    ),
    Argument(
        'rate',
        0.0,
        'Pictures in a second, of the source. 0: as many as a video or camera says, 15 of all '
        'else.',
    ),
    Argument('loop', True, 'Begin files again after the last picture of the source.'),
)


def source_nodes(values: Mapping[str, Any]) -> list[NodeSpec]:
    """Return the node that publishes pictures, where one is asked for."""
    remappings = {'image': values['image'], 'camera_info': values['camera_info']}
    if not values['source']:
        return []
    if values['source'] == 'scene':
        told = {'rate': values['rate']}
        return [NodeSpec('ScenePublisherNode', 'scene_publisher_node', told, remappings)]
    told = {name: values[name] for name in ('rate', 'source', 'loop')}
    return [NodeSpec('ImagePublisherNode', 'image_publisher_node', told, remappings)]


def encoder_node(values: Mapping[str, Any]) -> NodeSpec:
    """Return the encoder of a model."""
    told = {name: values[name] for name in ('model', 'fuse', 'use_camera_info', 'input_qos')}
    remappings = {
        'image': values['image'],
        'camera_info': values['camera_info'],
        'tensors': 'tensor_pub',
    }
    return NodeSpec('DnnImageEncoderNode', 'dnn_image_encoder_node', told, remappings)


def inference_node(values: Mapping[str, Any]) -> NodeSpec:
    """Return the node that runs the network."""
    told = {name: values[name] for name in ('model', 'backend', 'threads', 'fuse')}
    return NodeSpec('TensorRTNode', 'tensor_rt_node', told)
