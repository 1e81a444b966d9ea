"""Networks that are there only to be measured around."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ..errors import BackendUnavailable
from ..geometry import Size

IDENTITY: Final = 'identity'
# That of PeopleSemSegNet, which NVIDIA's U-Net figures are for.
SIZE: Final = (544, 960)


def write_identity(folder: Path, size: Size = SIZE) -> Path:
    """Write a network that gives its input as the scores of three classes; return its file."""
    try:
        from onnx import helper, save, TensorProto
    except ImportError as error:
        raise BackendUnavailable(
            "the network identity needs the package onnx; type: pip install 'isaac_seg_py[fuse]'"
        ) from error
    shape = [1, 3, *size]
    graph = helper.make_graph(
        [helper.make_node('Identity', ['image'], ['scores'])],
        'identity',
        [helper.make_tensor_value_info('image', TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info('scores', TensorProto.FLOAT, shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    path = folder / f'identity_{size[0]}x{size[1]}.onnx'
    save(model, str(path))
    return path
