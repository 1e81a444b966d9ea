"""Isaac ROS's chain around Segment Anything as one network, with its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from .graph import Argument, Graph, NodeSpec
from .parts import encoder_node, inference_node, INPUT, model_arguments, SOURCE
from .segment_anything import LOOKS, PROMPT_TOPICS, source_with_boxes
from .upstream import Passed, passed, UPSTREAM

_DATA_ENCODER: Final = 'segment_anything_data_encoder_node'
_DECODER: Final = 'segment_anything_decoder_node'
_MASKS: Final = 'segment_anything/raw_segmentation_mask'
_INPUTS: Final = {
    'input_tensor': 'images', 'points': 'point_coords', 'labels': 'point_labels',
    'input_mask': 'mask_input', 'has_input_mask': 'has_mask_input',
    'orig_img_dims': 'orig_im_size',
}  # fmt: skip
# Masks of the image's size are left out: our decoder grows the small ones.
_OUTPUTS: Final = {'iou': 'iou_predictions', 'low_res_mask': 'low_res_masks'}
_NAMES: Final = {
    f'{side}_{what}_names': names
    for side, table in (('input', _INPUTS), ('output', _OUTPUTS))
    for what, names in (('tensor', [*table]), ('binding', [*table.values()]))
}
# Of a file, or a model of a Triton server, nothing is known but that it is as NVIDIA makes it.
_NVIDIAS: Final = {
    'network_image_width': 1024,
    'network_image_height': 1024,
    'image_mean': [0.485, 0.456, 0.406],
    'image_stddev': [0.229, 0.224, 0.225],
}
_OURS: Final = ('max_batch_size', 'network_output_type')
_TABLE: Final = (
    *(one for one in UPSTREAM if one.name not in _OURS),
    Passed('orig_img_dims', _DATA_ENCODER),
)
_ARGUMENTS: Final = (
    Argument('max_batch_size', 20, 'Objects that go through the network at once.'),
    Argument(
        'prompt_input_type',
        'bbox',
        'What a detection is: a box, or a point on the one object that all of them mean.',
        ('bbox', 'point'),
    ),
    Argument('has_input_mask', False, 'Wait for a mask of the same stamp for the network.'),
    Argument('mask', 'mask', 'Topic of these masks (TensorList).'),
    Argument('network_output_type', '', 'Taken for Isaac ROS.'),
    Argument('model_file_path', '', "NVIDIA's ONNX file to run in place of model."),
)


def _build(values: Mapping[str, Any]) -> list[NodeSpec]:
    by_file = values['model_file_path'] or (values['backend'] == 'triton' and values['model_name'])
    values = {**values, 'model': '' if by_file else values['model'], 'fuse': False}
    image = encoder_node(values)
    shown = {'tensor_name': 'input_tensor', 'fit': 'letterbox_top_left'}
    told = {name: values[name] for name in ('model_file_path',) if values[name]}
    network = inference_node(values)
    most = {'max_batch_size': values['max_batch_size']}
    data = {name: values[name] for name in ('prompt_input_type', 'has_input_mask', 'input_qos')}
    looks = {name: values[name] for name in ('color_segmentation_mask_encoding', 'color_by')}
    nodes = [
        *source_with_boxes(values),
        replace(image, parameters={**image.parameters, **(_NVIDIAS if by_file else {}), **shown}),
        NodeSpec(
            'SegmentAnythingDataEncoderNode', _DATA_ENCODER, {**data, **most},
            {'prompts': values['prompts'], 'mask': values['mask'], 'tensor': 'encoded_data'},
        ),
        replace(
            network,
            # Of more prompts than go at once several lists come, one right after the other.
            parameters={**network.parameters, **told, **most, **_NAMES, 'input_queue_size': 10},
            remappings={'tensor_pub': 'encoded_data'},
        ),
        NodeSpec('SegmentAnythingDecoderNode', _DECODER, looks),
        NodeSpec('TensorToImageNode', 'tensor_to_image', {}, {'segmentation_tensor': _MASKS}),
    ]  # fmt: skip
    return passed(nodes, _TABLE, values, _DECODER)


SEGMENT_ANYTHING_STAGES: Final = Graph(
    name='segment_anything_stages',
    text="Images with boxes in; masks out, by Isaac ROS's chain of nodes around one network.",
    arguments=(
        *(one for one in model_arguments('tiny-sam') if one.name != 'fuse'),
        *INPUT,
        *(one for one in PROMPT_TOPICS if one.name == 'prompts'),
        *(one for one in LOOKS if one.name not in ('alpha', 'marks')),
        *SOURCE,
        *_ARGUMENTS,
        *(one.argument for one in _TABLE),
    ),
    build=_build,
)
