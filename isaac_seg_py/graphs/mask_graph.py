"""The graph of networks that find masks: image -> encoder -> inference -> decoder, and more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .graph import Argument, Graph, NodeSpec
from .parts import (
    encoder_node,
    inference_node,
    INPUT,
    model_arguments,
    SOURCE,
    source_nodes,
)
from .upstream import OTHERS, Passed, passed

_MASKS: Final = (
    Argument('overlay', True, 'Publish the mask over the image: segmentation_image_overlay.'),
    Argument('alpha', 0.5, 'Share of the image in the overlay.'),
    Argument('legend', False, 'Show colours and names of the classes in the overlay.'),
    Argument('marks', True, 'Draw outline, box, name and score of objects in the overlay.'),
    Argument(
        'mask_frame', 'image', "Masks in the camera's size or the network's.", ('image', 'network')
    ),
    Argument(
        'color_segmentation_mask_encoding',
        'rgb8',
        'Encoding of the coloured mask.',
        ('rgb8', 'bgr8', 'rgba8', 'bgra8'),
    ),
    Argument(
        'depth',
        '',
        'Topic of depth images that lie on the camera images: tells where classes or objects '
        'stand, with the camera_info. Empty: none.',
    ),
)


def mask_graph(
    name: str,
    text: str,
    *,
    plugin: str,
    decoder: str,
    prefix: str,
    model: str,
    table: tuple[Passed, ...] = (),
    mask_kind: str = 'classes',
) -> Graph:
    """Return a graph whose decoder is of that class and name, and publishes below a prefix."""

    def build(values: Mapping[str, Any]) -> list[NodeSpec]:
        # A file given by Isaac ROS's name is the model; from it the nodes read all the rest.
        values = {**values, 'model': values.get('model_file_path') or values['model']}
        shared = ('model', 'mask_frame', 'color_segmentation_mask_encoding')
        told = {name: values[name] for name in shared}
        nodes = [
            *source_nodes(values),
            encoder_node(values),
            inference_node(values),
            NodeSpec(plugin, decoder, told),
        ]
        if values['overlay']:
            nodes.append(_overlay_node(values, prefix))
        if values['depth']:
            nodes.append(_spatial_node(values, prefix, mask_kind))
        return passed(nodes, table, values, decoder)

    others = OTHERS if any(one.name == 'engine_file_path' for one in table) else ()
    return Graph(
        name=name,
        text=text,
        arguments=(
            *model_arguments(model),
            *INPUT,
            *(one for one in _MASKS if mask_kind == 'objects' or one.name != 'marks'),
            *SOURCE,
            *others,
            *(one.argument for one in table),
        ),
        build=build,
    )


def _overlay_node(values: Mapping[str, Any], prefix: str) -> NodeSpec:
    remappings = {
        'image_input': values['image'],
        'mask_input': f'{prefix}/colored_segmentation_mask',
        'blended_image': 'segmentation_image_overlay',
    }
    told = {
        'alpha': values['alpha'],
        'transparent_color': 0x000000,
        'image_qos': values['input_qos'],
    }
    # Of classes there are no marks.
    more = [name for name in ('legend', 'marks') if values.get(name)]
    return NodeSpec(
        'AlphaBlendNode',
        'alpha_blend_node',
        {**told, **dict.fromkeys(more, True)},
        {**remappings, **{f'{name}_input': f'{prefix}/{name}' for name in more}},
    )


def _spatial_node(values: Mapping[str, Any], prefix: str, mask_kind: str) -> NodeSpec:
    remappings = {
        'mask': f'{prefix}/raw_segmentation_mask',
        'detections': f'{prefix}/detections',
        'depth': values['depth'],
        'camera_info': values['camera_info'],
        'image': values['image'],
        'detections_3d': f'{prefix}/detections_3d',
        'points': f'{prefix}/points',
    }
    told = {
        'mask_kind': mask_kind,
        'model': values['model'],
        'input_qos': values['input_qos'],
    }
    return NodeSpec('MaskTo3DNode', 'mask_to_3d_node', told, remappings)
