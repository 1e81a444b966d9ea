"""ONNX files that look like the networks of each family, with answers that are known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from onnx import helper, TensorProto
from tiny_models import FLOAT, write_model

Shape = Sequence[int | str]


def image_to(
    path: Path, given: str, outputs: dict[str, np.ndarray], shape: Shape = (1, 3, 32, 64)
) -> Path:
    """Write a network that takes an image, and gives the same arrays whatever it shows."""
    kinds = {np.dtype('float32'): FLOAT, np.dtype('int64'): TensorProto.INT64}
    nodes = [
        helper.make_node('ReduceMax', [given], ['most'], keepdims=0),
        helper.make_node('Sub', ['most', 'most'], ['nothing']),
    ]
    constants = {}
    for name, array in outputs.items():
        constants[f'{name}_value'] = array
        kind = kinds[array.dtype]
        # Adding nothing keeps the arrays outputs of the network, and not of its file.
        nodes.append(helper.make_node('Cast', ['nothing'], [f'{name}_zero'], to=kind))
        nodes.append(helper.make_node('Add', [f'{name}_value', f'{name}_zero'], [name]))
    return write_model(
        path,
        nodes,
        [helper.make_tensor_value_info(given, FLOAT, shape)],
        [
            helper.make_tensor_value_info(name, kinds[array.dtype], array.shape)
            for name, array in outputs.items()
        ],
        constants,
    )


def by_channel(path: Path, given: str = 'image', name: str = 'scores', shape: Shape = ()) -> Path:
    """Write a network whose scores are the channels of the image themselves."""
    dims = list(shape) or [1, 3, 32, 64]
    return write_model(
        path,
        [helper.make_node('Identity', [given], [name])],
        [helper.make_tensor_value_info(given, FLOAT, dims)],
        [helper.make_tensor_value_info(name, FLOAT, dims)],
    )
