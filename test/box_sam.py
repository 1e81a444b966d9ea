"""A Segment Anything pair whose answers are known: the very box, or a square around a point."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import helper
from tiny_models import FLOAT, write_model

HALF = 10
SCORE = 0.9


def box_sam(folder: Path, side: int = 64) -> Path:
    """
    Write the pair and its manifest, for a canvas of side x side, and return the manifest.

    The score of a pixel is its distance from the edge: of the box, or of a square of twice HALF
    around the first point. Masks are of the canvas's size. All is rated SCORE.
    """
    shape = [1, 3, side, side]
    write_model(
        folder / 'encoder.onnx',
        [helper.make_node('Identity', ['image'], ['features'])],
        [helper.make_tensor_value_info('image', FLOAT, shape)],
        [helper.make_tensor_value_info('features', FLOAT, shape)],
    )
    centres = np.arange(side, dtype=np.float32) + 0.5
    y, x = np.meshgrid(centres, centres, indexing='ij')
    node = helper.make_node
    nodes = [
        # The last token is a lower right corner, or nothing.
        node('Gather', ['point_labels', 'last'], ['kind'], axis=1),
        node('Equal', ['kind', 'corner'], ['is_box']),
        node('Unsqueeze', ['is_box', 'two'], ['is_box_2']),
        node('Gather', ['point_coords', 'first'], ['point'], axis=1),
        node('Gather', ['point_coords', 'before_last'], ['upper'], axis=1),
        node('Gather', ['point_coords', 'last'], ['lower'], axis=1),
        node('Sub', ['point', 'half'], ['around_upper']),
        node('Add', ['point', 'half'], ['around_lower']),
        node('Where', ['is_box_2', 'upper', 'around_upper'], ['from']),
        node('Where', ['is_box_2', 'lower', 'around_lower'], ['to']),
        node('Unsqueeze', ['from', 'two_three'], ['from_5']),
        node('Unsqueeze', ['to', 'two_three'], ['to_5']),
        node('Sub', ['grid', 'from_5'], ['behind']),
        node('Sub', ['to_5', 'grid'], ['before']),
        node('Min', ['behind', 'before'], ['inside']),
        node('ReduceMin', ['inside'], ['flat'], axes=[4], keepdims=0),
        # The image counts for nothing, but is an input.
        node('ReduceMax', ['features'], ['most'], keepdims=0),
        node('Sub', ['most', 'most'], ['nothing']),
        node('Add', ['flat', 'nothing'], ['low_res_masks']),
        node('Mul', ['kind', 'nothing'], ['no_score']),
        node('Add', ['no_score', 'score'], ['iou_predictions']),
    ]
    write_model(
        folder / 'decoder.onnx',
        nodes,
        [
            helper.make_tensor_value_info('features', FLOAT, shape),
            helper.make_tensor_value_info('point_coords', FLOAT, ['B', 'N', 2]),
            helper.make_tensor_value_info('point_labels', FLOAT, ['B', 'N']),
        ],
        [
            helper.make_tensor_value_info('low_res_masks', FLOAT, ['B', 1, side, side]),
            helper.make_tensor_value_info('iou_predictions', FLOAT, ['B', 1]),
        ],
        {
            'first': np.array([0]), 'last': np.array([-1]), 'before_last': np.array([-2]),
            'two': np.array([2]), 'two_three': np.array([2, 3]),
            'corner': np.array([3], np.float32), 'half': np.array([HALF], np.float32),
            'score': np.array([SCORE], np.float32),
            'grid': np.stack([x, y], -1).reshape(1, 1, side, side, 2),
        },
    )  # fmt: skip
    path = folder / 'box-sam.yaml'
    path.write_text(
        'name: box-sam\nfamily: sam\nfiles: {encoder: encoder.onnx, decoder: decoder.onnx}\n',
        encoding='utf-8',
    )
    return path
