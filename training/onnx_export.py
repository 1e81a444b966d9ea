"""Write a trained network as an ONNX file and check that it still says the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

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
    network = network.cpu().eval()
    image = torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(0))
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        network,
        (image,),
        str(path),
        input_names=[given],
        output_names=list(outputs),
        opset_version=OPSET,
        dynamo=False,
        do_constant_folding=True,
    )
    model = onnx.load(str(path))
    _drop_identities(model.graph)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))
    with torch.no_grad():
        expected = network(image)
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    answers = session.run(list(outputs), {given: image.numpy()})
    tensors = expected if isinstance(expected, tuple) else (expected,)
    for name, answer, tensor in zip(outputs, answers, tensors, strict=True):
        difference = np.abs(answer - tensor.numpy()) / np.maximum(np.abs(tensor.numpy()), 1)
        if difference.max() > TOLERANCE:
            raise RuntimeError(
                f'{path}: exported {name} differ by {difference.max():.2g}; do not use it'
            )


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
