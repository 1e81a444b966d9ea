"""Go on from a network that was exported."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import numpy_helper
import torch
from torch import nn, Tensor


def load_exported(network: nn.Module, path: Path, images: Tensor) -> None:
    """
    Take the weights of an ONNX file of the same network.

    Export has folded each batch normalisation into the convolution before it. Here each is made
    anew from what its convolution gives for `images`: the network says the same as the file, and
    can learn on as one that was never exported.
    """
    convolutions, norms, layer_norms = _in_order(network, images[:1])
    graph = onnx.load(str(path)).graph
    values = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    nodes = [node for node in graph.node if node.op_type == 'Conv']
    if len(nodes) != len(convolutions):
        raise ValueError(f'{path} has {len(nodes)} convolutions, the network {len(convolutions)}')
    rows = [node for node in graph.node if node.op_type == 'LayerNormalization']
    hooks = []
    with torch.no_grad():
        for layer_norm, row in zip(layer_norms, rows, strict=True):
            layer_norm.weight.copy_(torch.from_numpy(values[row.input[1]].copy()))
            layer_norm.bias.copy_(torch.from_numpy(values[row.input[2]].copy()))
        for conv, norm, node in zip(convolutions, norms, nodes, strict=True):
            conv.weight.copy_(torch.from_numpy(values[node.input[1]].copy()))
            offset = torch.from_numpy(values[node.input[2]].copy())
            if conv.bias is not None:
                conv.bias.copy_(offset)
            elif norm is not None:
                hooks.append(norm.register_forward_pre_hook(_AddOnly(offset)))
        network(images)
    for hook in hooks:
        hook.remove()


class _AddOnly:
    """Set a normalisation, when its input is known, so that all it does is to add an offset."""

    def __init__(self, offset: Tensor) -> None:
        self._offset = offset

    def __call__(self, norm: nn.BatchNorm2d, inputs: tuple[Tensor]) -> None:
        mean = inputs[0].mean(dim=(0, 2, 3))
        variance = inputs[0].var(dim=(0, 2, 3), unbiased=False)
        norm.running_mean, norm.running_var = mean, variance
        norm.weight.copy_(torch.sqrt(variance + norm.eps))
        norm.bias.copy_(self._offset + mean)


def _in_order(
    network: nn.Module, sample: Tensor
) -> tuple[list[nn.Conv2d], list[nn.BatchNorm2d | None], list[nn.LayerNorm]]:
    """Return the convolutions as they run, the normalisation behind each, and those of layers."""
    convolutions: list[nn.Conv2d] = []
    norms: list[nn.BatchNorm2d | None] = []
    layer_norms: list[nn.LayerNorm] = []

    def note(module: nn.Module, *_: object) -> None:
        if isinstance(module, nn.Conv2d):
            convolutions.append(module)
            norms.append(None)
        elif isinstance(module, nn.BatchNorm2d):
            norms[-1] = module
        elif isinstance(module, nn.LayerNorm):
            layer_norms.append(module)

    hooks = [module.register_forward_hook(note) for module in network.modules()]
    network.eval()
    with torch.no_grad():
        network(sample)
    for hook in hooks:
        hook.remove()
    return convolutions, norms, layer_norms
