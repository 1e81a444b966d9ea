"""An encoder and a decoder of prompts in ONNX, a few kilobytes each, whose masks are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import helper
import tiny_models

CANVAS, CELLS = 64, 32
RADIUS = 8.0


def write_pair(folder: Path) -> Path:
    """
    Write both networks; return their manifest.

    The mask of points is the discs of `RADIUS` around those on the object, less those of half the
    size around those beside it; the mask of a box is the box. All is counted in canvas pixels. A
    picture that is all white, seen by the encoder, makes the discs a quarter larger.
    """
    _encoder(folder / 'pair_encoder.onnx')
    _decoder(folder / 'pair_decoder.onnx')
    manifest = folder / 'pair.yaml'
    manifest.write_text(
        'name: pair\nfamily: sam\n'
        'files: {encoder: pair_encoder.onnx, decoder: pair_decoder.onnx}\n'
        'input: {mean: [0, 0, 0], std: [1, 1, 1]}\n'
    )
    return manifest


def _floats(name: str, shape: list[object]) -> object:
    return helper.make_tensor_value_info(name, tiny_models.FLOAT, shape)


def _encoder(path: Path) -> None:
    tiny_models.write_model(
        path,
        [helper.make_node('ReduceMean', ['image'], ['image_embeddings'], axes=[1, 2, 3])],
        [_floats('image', [1, 3, CANVAS, CANVAS])],
        [_floats('image_embeddings', [1, 1, 1, 1])],
    )


def _decoder(path: Path) -> None:
    centres = (np.arange(CELLS, dtype=np.float32) + 0.5) * (CANVAS / CELLS)
    grid = np.stack(np.meshgrid(centres, centres), -1).reshape(1, 1, -1, 2)
    node = helper.make_node
    nodes = [
        # Distances of every cell (C) to every point (N): (B, N, C).
        node('Unsqueeze', ['point_coords', 'axis_2'], ['spots']),
        node('Sub', ['grid', 'spots'], ['apart']),
        node('ReduceL2', ['apart'], ['distance'], axes=[3], keepdims=0),
        node('Unsqueeze', ['point_labels', 'axis_2'], ['signs']),
        *(node('Equal', ['signs', f'label_{n}'], [f'is_{n}']) for n in range(4)),
        node('Reshape', ['image_embeddings', 'one'], ['light']),
        node('Mul', ['light', 'more'], ['growth']),
        node('Add', ['growth', 'radius'], ['reach']),
        node('Sub', ['reach', 'distance'], ['on']),
        node('Where', ['is_1', 'on', 'low'], ['on_objects']),
        node('ReduceMax', ['on_objects'], ['discs'], axes=[1]),
        node('Sub', ['distance', 'half'], ['off']),
        node('Where', ['is_0', 'off', 'high'], ['off_objects']),
        node('ReduceMin', ['off_objects'], ['holes'], axes=[1]),
        # A cell is in the box by its least distance from the four sides.
        node('ReduceMin', ['apart'], ['after'], axes=[3], keepdims=0),
        node('Where', ['is_2', 'after', 'high'], ['after_corner']),
        node('Neg', ['apart'], ['apart_back']),
        node('ReduceMin', ['apart_back'], ['before'], axes=[3], keepdims=0),
        node('Where', ['is_3', 'before', 'high'], ['before_corner']),
        node('Min', ['after_corner', 'before_corner'], ['sides']),
        node('ReduceMin', ['sides'], ['boxed'], axes=[1]),
        node('Less', ['boxed', 'half_high'], ['has_box']),
        node('Where', ['has_box', 'boxed', 'discs'], ['shown']),
        node('Min', ['shown', 'holes'], ['mask']),
        node('Concat', ['mask', 'mask', 'mask', 'mask'], ['flat'], axis=1),
        node('Reshape', ['flat', 'shape'], ['low_res_masks']),
        node('ReduceMean', ['low_res_masks'], ['means'], axes=[2, 3], keepdims=0),
        node('Mul', ['means', 'none'], ['nothing']),
        node('Add', ['nothing', 'scores'], ['iou_predictions']),
    ]
    constants = {
        'grid': grid,
        'scores': np.array([0.9, 0.8, 0.7, 0.6], np.float32),
        'shape': np.array([-1, 4, CELLS, CELLS], np.int64),
        'axis_2': np.array([2], np.int64),
        'one': np.array([1], np.int64),
        **{f'label_{n}': np.array(n, np.float32) for n in range(4)},
    }
    numbers = {
        'radius': RADIUS, 'half': RADIUS / 2, 'more': RADIUS / 4, 'low': -1e3, 'high': 1e3,
        'half_high': 5e2, 'none': 0,
    }  # fmt: skip
    constants |= {name: np.array(value, np.float32) for name, value in numbers.items()}
    tiny_models.write_model(
        path,
        nodes,
        [
            _floats('image_embeddings', [1, 1, 1, 1]),
            _floats('point_coords', ['B', 'N', 2]),
            _floats('point_labels', ['B', 'N']),
        ],
        [
            _floats('iou_predictions', ['B', 4]),
            _floats('low_res_masks', ['B', 4, CELLS, CELLS]),
        ],
        constants,
    )
