"""A Segment Anything pair of a few kilobytes, whose masks are known by heart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import helper
from tiny_models import FLOAT, write_model
import yaml

SIDE, GRID, REACH = 64, 16, 8


def write_pair(folder: Path) -> Path:
    """
    Write encoder, decoder and manifest; the canvas is 64x64, and a mask of it has 16x16 cells.

    A box gives what lies in it, a click what lies up to 8 pixels of the canvas away. The first
    predicted IoU is the mean brightness of the canvas, the others a tenth less each. An earlier
    mask is added to the scores.
    """
    node, spec = helper.make_node, helper.make_tensor_value_info
    tiles = {'kernel_shape': [4, 4], 'strides': [4, 4]}
    encoder = write_model(
        folder / 'pair_encoder.onnx',
        [node('AveragePool', ['image'], ['image_embeddings'], **tiles)],
        [spec('image', FLOAT, [1, 3, SIDE, SIDE])],
        [spec('image_embeddings', FLOAT, [1, 3, GRID, GRID])],
    )
    centres = (np.arange(GRID) + 0.5) * SIDE / GRID
    x, y = np.meshgrid(centres, centres)
    constants = {
        'xy': np.stack([x, y]).astype(np.float32)[np.newaxis],
        'first': np.array([0], np.int64),
        'second': np.array([1], np.int64),
        'box': np.array(2, np.float32),
        'reach': np.array(REACH, np.float32),
        'four': np.array([1, 4, 1, 1], np.int64),
        'shares': np.array([[1, 0.9, 0.8, 0.7]], np.float32),
        'rows': np.array([-1, 1], np.int64),
        'zero': np.array(0, np.float32),
        'kept': np.array([-1, 1, 1, 1], np.int64),
        'pair': np.array([-1, 2, 1, 1], np.int64),
    }
    nodes = [
        node('Gather', ['point_coords', 'first'], ['start3'], axis=1),
        node('Gather', ['point_coords', 'second'], ['end3'], axis=1),
        node('Gather', ['point_labels', 'first'], ['kind2'], axis=1),
        node('Reshape', ['start3', 'pair'], ['start']),
        node('Reshape', ['end3', 'pair'], ['end']),
        node('Reshape', ['kind2', 'kept'], ['kind']),
        node('Equal', ['kind', 'box'], ['is_box']),
        node('Sub', ['start', 'reach'], ['around_low']),
        node('Add', ['start', 'reach'], ['around_high']),
        node('Where', ['is_box', 'start', 'around_low'], ['low']),
        node('Where', ['is_box', 'end', 'around_high'], ['high']),
        node('Sub', ['xy', 'low'], ['past_low']),
        node('Sub', ['high', 'xy'], ['before_high']),
        node('Min', ['past_low', 'before_high'], ['inside']),
        node('ReduceMin', ['inside'], ['mask'], axes=[1], keepdims=1),
        node('Reshape', ['has_mask_input', 'kept'], ['has']),
        node('Mul', ['mask_input', 'has'], ['earlier']),
        node('Add', ['mask', 'earlier'], ['refined']),
        node('Tile', ['refined', 'four'], ['low_res_masks']),
        node('ReduceMean', ['image_embeddings'], ['light'], axes=[1, 2, 3], keepdims=0),
        node('Mul', ['shares', 'light'], ['rated']),
        node('Reshape', ['has_mask_input', 'rows'], ['column']),
        node('Mul', ['column', 'zero'], ['zeros']),
        node('Add', ['rated', 'zeros'], ['iou_predictions']),
    ]
    decoder = write_model(
        folder / 'pair_decoder.onnx',
        nodes,
        [
            spec('image_embeddings', FLOAT, [1, 3, GRID, GRID]),
            spec('point_coords', FLOAT, ['B', 'N', 2]),
            spec('point_labels', FLOAT, ['B', 'N']),
            spec('mask_input', FLOAT, ['B', 1, GRID, GRID]),
            spec('has_mask_input', FLOAT, ['B']),
        ],
        [
            spec('iou_predictions', FLOAT, ['B', 4]),
            spec('low_res_masks', FLOAT, ['B', 4, GRID, GRID]),
        ],
        constants,
    )
    said = {
        'name': 'pair',
        'family': 'sam',
        'files': {'encoder': encoder.name, 'decoder': decoder.name},
        'input': {'mean': [0.0, 0.0, 0.0], 'std': [1.0, 1.0, 1.0]},
    }
    manifest = folder / 'pair.yaml'
    manifest.write_text(yaml.safe_dump(said))
    return manifest
