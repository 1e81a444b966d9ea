"""The U-Net graph: image -> encoder -> inference -> decoder -> masks, and the overlay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .graph import Argument, Graph, NodeSpec
from ..infer_config import BACKENDS

MODEL: Final = (
    Argument(
        'model', 'tiny-unet', 'Model: a name (isaac-seg models), a manifest or an ONNX file.'
    ),
    Argument('backend', 'auto', 'What runs the network.', BACKENDS),
    Argument('threads', 0, 'Threads for a network on the CPU; 0: one per core.'),
    Argument('fuse', False, 'Fold the normalisation of pixels into the network.'),
)
INPUT: Final = (
    Argument('image', 'image', 'Topic of the camera images (sensor_msgs/Image).'),
    Argument('camera_info', 'camera_info', 'Topic of the camera_info; read on use_camera_info.'),
    Argument('use_camera_info', False, 'Wait for the camera_info of the same stamp.'),
    Argument('input_qos', 'AUTO', 'Quality of service of image and camera_info.'),
)
SOURCE: Final = (
    Argument(
        'source', '', 'Publish this: scene, or an image, folder, video or camera. Empty: none.'
    ),
    Argument('rate', 15.0, 'Pictures in a second, of the source.'),
)


def source_nodes(values: Mapping[str, Any]) -> list[NodeSpec]:
    """Return the node that publishes pictures, where one is asked for."""
    remappings = {'image': values['image'], 'camera_info': values['camera_info']}
    if not values['source']:
        return []
    if values['source'] == 'scene':
        told = {'rate': values['rate']}
        return [NodeSpec('ScenePublisherNode', 'scene_publisher_node', told, remappings)]
    told = {'rate': values['rate'], 'source': values['source']}
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


def _build(values: Mapping[str, Any]) -> list[NodeSpec]:
    told = {
        'model': values['model'],
        'mask_frame': values['mask_frame'],
        'color_segmentation_mask_encoding': values['color_segmentation_mask_encoding'],
    }
    nodes = [
        *source_nodes(values),
        encoder_node(values),
        inference_node(values),
        NodeSpec('UNetDecoderNode', 'unet_decoder_node', told),
    ]
    if values['overlay']:
        remappings = {
            'image_input': values['image'],
            'mask_input': 'unet/colored_segmentation_mask',
            'blended_image': 'segmentation_image_overlay',
        }
        told = {
            'alpha': values['alpha'],
            'transparent_color': 0x000000,
            'image_qos': values['input_qos'],
        }
        nodes.append(NodeSpec('AlphaBlendNode', 'alpha_blend_node', told, remappings))
    return nodes


UNET: Final = Graph(
    name='unet',
    text='Camera images in; class of each pixel, coloured mask and overlay out.',
    arguments=(
        *MODEL,
        *INPUT,
        Argument('overlay', True, 'Publish the mask over the image: segmentation_image_overlay.'),
        Argument('alpha', 0.5, 'Share of the image in the overlay.'),
        Argument(
            'mask_frame',
            'image',
            "Masks in the camera's size or the network's.",
            ('image', 'network'),
        ),
        Argument(
            'color_segmentation_mask_encoding',
            'rgb8',
            'Encoding of the coloured mask.',
            ('rgb8', 'bgr8', 'rgba8', 'bgra8'),
        ),
        *SOURCE,
    ),
    build=_build,
)
