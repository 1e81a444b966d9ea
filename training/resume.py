"""Go on from a network that was exported."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import numpy_helper
import torch
from torch import nn, Tensor


def load_exported(network: nn.Module, path: Path, sample: Tensor) -> None:
    """
    Take the weights of an ONNX file of the same network.

    Export has folded each normalisation into the convolution before it. What is left of it here
    adds the folded offset, and must stay in evaluation mode: see `freeze_normalization`.
    """
    convolutions, norms = _in_order(network, sample)
    graph = onnx.load(str(path)).graph
    values = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    nodes = [node for node in graph.node if node.op_type == 'Conv']
    if len(nodes) != len(convolutions):
        raise ValueError(f'{path} has {len(nodes)} convolutions, the network {len(convolutions)}')
    with torch.no_grad():
        for conv, norm, node in zip(convolutions, norms, nodes, strict=True):
            conv.weight.copy_(torch.from_numpy(values[node.input[1]].copy()))
            offset = torch.from_numpy(values[node.input[2]].copy())
            if conv.bias is not None:
                conv.bias.copy_(offset)
            elif norm is not None:
                norm.weight.fill_(1.0)
                norm.bias.copy_(offset)
                norm.running_mean.zero_()
                norm.running_var.fill_(1.0 - norm.eps)


def freeze_normalization(network: nn.Module) -> None:
    """Keep the statistics of every normalisation as they are."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def _in_order(
    network: nn.Module, sample: Tensor
) -> tuple[list[nn.Conv2d], list[nn.BatchNorm2d | None]]:
    """Return the convolutions as they run, and the normalisation behind each."""
    convolutions: list[nn.Conv2d] = []
    norms: list[nn.BatchNorm2d | None] = []

    def note(module: nn.Module, *_: object) -> None:
        if isinstance(module, nn.Conv2d):
            convolutions.append(module)
            norms.append(None)
        elif isinstance(module, nn.BatchNorm2d):
            norms[-1] = module

    hooks = [module.register_forward_hook(note) for module in network.modules()]
    network.eval()
    with torch.no_grad():
        network(sample)
    for hook in hooks:
        hook.remove()
    return convolutions, norms
