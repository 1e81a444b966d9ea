"""Write a trained network as an ONNX file and check that it still says the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn, Tensor

OPSET = 17
# The exporter may reorder sums; outputs agree to well under this part of themselves, or of 1.
TOLERANCE = 1e-3


def export(
    network: nn.Module,
    size: tuple[int, int],
    path: Path,
    given: str = 'image',
    outputs: tuple[str, ...] = ('scores',),
) -> None:
    """Write a network that takes (1, 3, H, W) images, and compare both on noise."""
    image = torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(0))
    export_tensors(network, path, {given: image}, outputs)


def export_tensors(
    network: nn.Module,
    path: Path,
    given: dict[str, Tensor],
    outputs: tuple[str, ...],
    axes: dict[str, dict[int, str]] | None = None,
) -> None:
    """Write a network that takes tensors like these, and compare; `axes` may have any size."""
    network = network.cpu().eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        network,
        tuple(given.values()),
        str(path),
        input_names=list(given),
        output_names=list(outputs),
        dynamic_axes=axes,
        opset_version=OPSET,
        dynamo=False,
        do_constant_folding=True,
    )
    model = onnx.load(str(path))
    _drop_identities(model.graph)
    _say_shapes(model.graph, _answers(network, given))
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))
    compare(network, path, given, outputs)


def compare(
    network: nn.Module, path: Path, given: dict[str, Tensor], outputs: tuple[str, ...]
) -> None:
    """Check that an ONNX file says what the network says."""
    tensors = _answers(network, given)
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    answers = session.run(list(outputs), {name: value.numpy() for name, value in given.items()})
    for name, answer, tensor in zip(outputs, answers, tensors, strict=True):
        difference = np.abs(answer - tensor.numpy()) / np.maximum(np.abs(tensor.numpy()), 1)
        if difference.max() > TOLERANCE:
            raise RuntimeError(
                f'{path}: exported {name} differ by {difference.max():.2g}; do not use it'
            )


def _answers(network: nn.Module, given: dict[str, Tensor]) -> tuple[Tensor, ...]:
    with torch.no_grad():
        answer = network(*given.values())
    return answer if isinstance(answer, tuple) else (answer,)


def _say_shapes(graph: onnx.GraphProto, answers: tuple[Tensor, ...]) -> None:
    """Write down the sizes of outputs; the exporter knows only some of those that are fixed."""
    free = {
        dim.dim_param
        for value in graph.input
        for dim in value.type.tensor_type.shape.dim
        if dim.dim_param
    }
    for value, answer in zip(graph.output, answers, strict=True):
        for dim, size in zip(value.type.tensor_type.shape.dim, answer.shape, strict=True):
            if dim.dim_param not in free:
                dim.dim_value = size


def _drop_identities(graph: onnx.GraphProto) -> None:
    """Take out the nodes that only give equal weights a second name."""
    first_name: dict[str, str] = {}
    kept = []
    for node in graph.node:
        node.input[:] = [first_name.get(name, name) for name in node.input]
        if node.op_type == 'Identity':
            first_name[node.output[0]] = node.input[0]
        else:
            kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)
