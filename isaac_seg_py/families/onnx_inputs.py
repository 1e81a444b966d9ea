"""What an ONNX file says of its inputs, which TensorRT is told the shapes of."""

from __future__ import annotations

from pathlib import Path

from ..errors import ModelError


def input_sizes(file: Path) -> dict[str, list[int]]:
    """
    Return the sizes of each input's axes, 0 where an axis is free.

    The package onnx is needed; TensorRT builds nothing without it.
    """
    import onnx

    try:
        graph = onnx.load(str(file), load_external_data=False).graph
    except Exception as error:
        # What is no ONNX file ends in errors of many kinds.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(
            f'{str(file)!r} cannot be read as an ONNX model: {reason}. The file may be damaged: '
            'download or export it again'
        ) from error
    weights = {tensor.name for tensor in graph.initializer}
    return {
        value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in graph.input
        if value.name not in weights
    }
