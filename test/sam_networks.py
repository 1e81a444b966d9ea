"""
Small graphs with the names and shapes of published Segment Anything networks.

What they find is a disc around the first token: wrong scales, offsets or canvases move it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper, TensorProto

CELLS = 256
SIDE = 1024
# Of one mask, or of four: the radius of the disc in pixels of the frame, and the predicted IoU.
RADII = {1: (150.0,), 4: (150.0, 60.0, 110.0, 220.0)}
RATINGS = {1: (0.9,), 4: (0.7, 0.5, 0.8, 0.4)}


@dataclass(frozen=True)
class Contract:
    """What a published decoder takes and gives; `batch` is '' where it takes one object."""

    features: str = 'image_embeddings'
    masks: str = 'low_res_masks'
    scores: str = 'iou_predictions'
    count: int = 4
    batch: str = ''
    takes_masks: bool = True
    takes_size: bool = False


CONTRACTS = {
    'meta': Contract(takes_size=True),
    'meta-single': Contract(takes_size=True, count=1),
    'nanosam': Contract(),
    'efficientvit': Contract(masks='masks', count=1, batch='batch_size', takes_masks=False),
    'edge': Contract(masks='masks', scores='scores', takes_masks=False),
    'nvidia': Contract(features='images', count=1, batch='batch', takes_size=True),
    'ours': Contract(batch='objects'),
}


def write_encoder(path: Path, name: str = 'image', side: int = SIDE, batch: int | str = 1) -> None:
    """Write an encoder of that canvas."""
    weights = numpy_helper.from_array(np.full((256, 3, 1, 1), 0.1, np.float32), 'weights')
    nodes = [
        helper.make_node(
            'AveragePool', [name], ['small'],
            kernel_shape=[side // 64] * 2, strides=[side // 64] * 2,
        ),
        helper.make_node('Conv', ['small', 'weights'], ['image_embeddings']),
    ]  # fmt: skip
    _save(
        path,
        nodes,
        {name: [batch, 3, side, side]},
        {'image_embeddings': [batch, 256, 64, 64]},
        [weights],
    )


def write_decoder(path: Path, contract: Contract) -> None:
    """Write a decoder, or with the features `images` a network that does all at once."""
    rows = contract.batch or 1
    whole = contract.features == 'images'
    inputs = {
        contract.features: [1, 3, SIDE, SIDE] if whole else [1, 256, 64, 64],
        'point_coords': [rows, 'num_points', 2],
        'point_labels': [rows, 'num_points'],
    }
    constants = {
        'axis': np.arange(CELLS, dtype=np.float32) * (SIDE // CELLS) + 1.5,
        'radii': np.square(np.float32(RADII[contract.count])).reshape(1, -1, 1, 1),
        'ratings': np.float32([RATINGS[contract.count]]),
        'first': np.array(0),
        'second': np.array(1),
        'nothing': np.float32(0.0),
        'like_x': np.array([1, 1, 1, -1]),
        'like_y': np.array([1, 1, -1, 1]),
        'each': np.array([-1, 1, 1, 1]),
        'row': np.array([-1, 1]),
    }
    lines = [
        ('Gather', ['point_coords', 'first'], 'spot', {'axis': 1}),
        ('Gather', ['spot', 'first'], 'spot_x', {'axis': 1}),
        ('Gather', ['spot', 'second'], 'spot_y', {'axis': 1}),
        ('Reshape', ['axis', 'like_x'], 'xs', {}),
        ('Reshape', ['axis', 'like_y'], 'ys', {}),
        ('Reshape', ['spot_x', 'each'], 'at_x', {}),
        ('Reshape', ['spot_y', 'each'], 'at_y', {}),
        ('Sub', ['xs', 'at_x'], 'right', {}),
        ('Sub', ['ys', 'at_y'], 'down', {}),
        ('Mul', ['right', 'right'], 'right2', {}),
        ('Mul', ['down', 'down'], 'down2', {}),
        ('Add', ['right2', 'down2'], 'distance2', {}),
        ('Sub', ['radii', 'distance2'], 'disc', {}),
        # Nothing is left out because nobody would read it.
        ('ReduceMean', [contract.features], 'seen', {'keepdims': 0}),
        ('ReduceMean', ['point_labels'], 'told', {'keepdims': 0}),
        ('Add', ['seen', 'told'], 'both', {}),
        ('Mul', ['both', 'nothing'], 'unread', {}),
        ('Add', ['disc', 'unread'], 'plain', {}),
        ('Mul', ['spot_x', 'nothing'], 'no_x', {}),
        ('Reshape', ['no_x', 'row'], 'rows', {}),
        ('Add', ['rows', 'ratings'], contract.scores, {}),
    ]
    found = contract.masks
    if contract.takes_masks:
        inputs |= {'mask_input': [1, 1, CELLS, CELLS], 'has_mask_input': [1]}
        if contract.batch == 'objects':
            inputs |= {'mask_input': ['objects', 1, CELLS, CELLS], 'has_mask_input': ['objects']}
        lines += [
            ('Reshape', ['has_mask_input', 'each'], 'has', {}),
            ('Mul', ['has', 'mask_input'], 'earlier', {}),
            ('Add', ['plain', 'earlier'], found, {}),
        ]
    else:
        lines.append(('Identity', ['plain'], found, {}))
    outputs = {
        contract.scores: [rows, contract.count],
        found: [rows, contract.count, CELLS, CELLS],
    }
    if contract.takes_size:
        inputs['orig_im_size'] = [2]
        lines += [
            ('Shape', [found], 'sizes', {'end': 2}),
            ('Cast', ['orig_im_size'], 'whole', {'to': TensorProto.INT64}),
            ('Concat', ['sizes', 'whole'], 'grown', {'axis': 0}),
            ('Resize', [found, '', '', 'grown'], 'masks', {'mode': 'linear'}),
        ]
        outputs = {'masks': [rows, contract.count, 'height', 'width'], **outputs}
    nodes = [helper.make_node(op, given, [out], **more) for op, given, out, more in lines]
    tensors = [numpy_helper.from_array(np.asarray(v), n) for n, v in constants.items()]
    _save(path, nodes, inputs, outputs, tensors)


def _save(
    path: Path,
    nodes: list[onnx.NodeProto],
    inputs: dict[str, list[int | str]],
    outputs: dict[str, list[int | str]],
    tensors: list[onnx.TensorProto],
) -> None:
    """Write a checked model; everything is float32."""

    def values(named: dict[str, list[int | str]]) -> list[onnx.ValueInfoProto]:
        kind = TensorProto.FLOAT
        return [helper.make_tensor_value_info(name, kind, shape) for name, shape in named.items()]

    graph = helper.make_graph(nodes, path.stem, values(inputs), values(outputs), tensors)
    opset = [helper.make_opsetid('', 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))
