"""A small network with the inputs and outputs of NVIDIA's single Segment Anything graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from onnx import helper
from tiny_models import FLOAT, write_model

SIDE, CELLS, CHANNELS = 64, 16, 6
INPUTS = {
    'input_tensor': 'images', 'points': 'point_coords', 'labels': 'point_labels',
    'input_mask': 'mask_input', 'has_input_mask': 'has_mask_input',
    'orig_img_dims': 'orig_im_size',
}  # fmt: skip
OUTPUTS = {'masks': 'masks', 'iou': 'iou_predictions', 'low_res_mask': 'low_res_masks'}


def node(kind: str, given: str, made: str, **more: Any) -> object:
    """Write a node; names are parted by spaces, and `_` leaves an input out."""
    names = ['' if name == '_' else name for name in given.split()]
    return helper.make_node(kind, names, made.split(), **more)


def single_graph(path: Path, seed: int = 812345) -> Path:
    """
    Write the network, with random weights.

    Features of the image are weighed by what the tokens say of each object. The masks of the
    image's size come of two steps, as in Meta's code: to the canvas, and from its filled part.
    """
    draw = np.random.default_rng(seed)

    def random(*shape: int) -> np.ndarray:
        return draw.normal(0, 1, shape).astype(np.float32)

    whole = {
        'side': [SIDE], 'one': [1], 'zero': [0], 'cells': [CHANNELS, CELLS * CELLS],
        'grid': [-1, 1, CELLS, CELLS], 'axes': [2, 3], 'zeros': [0, 0], 'last': [-1],
        'canvas': [SIDE, SIDE],
    }  # fmt: skip
    constants = {name: np.array(values, np.int64) for name, values in whole.items()}
    constants |= {
        'kernel': random(CHANNELS, 3, 4, 4),
        'of_points': random(2, CHANNELS) * 3,
        'of_labels': random(1, CHANNELS),
        'mix': random(CHANNELS, CHANNELS),
        'rate': random(CHANNELS, 1),
        'scale': np.array(SIDE, np.float32),
        'half': np.array(0.5, np.float32),
    }
    nodes = [
        node('Conv', 'images kernel', 'features', strides=[4, 4]),
        node('Reshape', 'features cells', 'flat'),
        node('Div', 'point_coords scale', 'places'),
        node('MatMul', 'places of_points', 'placed'),
        node('Unsqueeze', 'point_labels last', 'signs'),
        node('MatMul', 'signs of_labels', 'signed'),
        node('Add', 'placed signed', 'told'),
        node('Sin', 'told', 'tokens'),
        node('ReduceMean', 'tokens', 'objects', axes=[1], keepdims=0),
        node('MatMul', 'objects mix', 'weights'),
        node('MatMul', 'weights flat', 'rows'),
        node('Reshape', 'rows grid', 'plain'),
        node('Mul', 'mask_input has_mask_input', 'earlier'),
        node('Add', 'plain earlier', 'low_res_masks'),
        node('MatMul', 'weights rate', 'rated'),
        node('Sigmoid', 'rated', 'iou_predictions'),
        node('Shape', 'low_res_masks', 'shape'),
        node('Slice', 'shape zero one', 'batch'),
        node('Concat', 'batch one canvas', 'on_canvas', axis=0),
        node('Resize', 'low_res_masks _ _ on_canvas', 'large', mode='linear'),
        node('ReduceMax', 'orig_im_size', 'longest', keepdims=0),
        node('Div', 'scale longest', 'factor'),
        node('Mul', 'orig_im_size factor', 'scaled'),
        node('Add', 'scaled half', 'nearly'),
        node('Floor', 'nearly', 'rounded'),
        node('Cast', 'rounded', 'ends', to=7),
        node('Slice', 'large zeros ends axes', 'filled'),
        node('Cast', 'orig_im_size', 'size', to=7),
        node('Concat', 'batch one size', 'on_image', axis=0),
        node('Resize', 'filled _ _ on_image', 'masks', mode='linear'),
    ]
    given = {
        'images': [1, 3, SIDE, SIDE], 'point_coords': ['B', 'P', 2], 'point_labels': ['B', 'P'],
        'mask_input': [1, 1, CELLS, CELLS], 'has_mask_input': [1], 'orig_im_size': [2],
    }  # fmt: skip
    made = {
        'masks': ['B', 1, 'H', 'W'], 'iou_predictions': ['B', 1],
        'low_res_masks': ['B', 1, CELLS, CELLS],
    }  # fmt: skip
    infos = [
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in side.items()]
        for side in (given, made)
    ]
    return write_model(path, nodes, *infos, constants)
