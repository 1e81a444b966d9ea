"""How far two networks are apart: in what they give, and in each of their layers."""

from __future__ import annotations

from collections.abc import Sequence
import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .side import Side
from ...catalog.manifest import Manifest
from ...errors import ModelError
from ...infer import Backend
from ...progress import Progress
from ...tensors import Tensors

Array = npt.NDArray[Any]


def compare_outputs(
    manifest: Manifest, networks: Sequence[Backend], given: Sequence[Tensors]
) -> tuple[list[dict[str, Any]], tuple[list[str], list[str]]]:
    """Return the differences of each output over all inputs, and the outputs of one side only."""
    axis = -1 if manifest.decode.get('data_format') in ('NHWC', 'HWC') else 1
    alone: tuple[list[str], list[str]] = [], []
    rows: dict[str, list[tuple[float, float, float, float]]] = {}
    for tensors in given:
        a, b = (network(tensors).on_host() for network in networks)
        # Two models may call their outputs differently; then the order pairs them.
        alone = [name for name in a if name not in b], [name for name in b if name not in a]
        others = dict(zip(*alone, strict=False))
        alone = alone[0][len(others) :], alone[1][len(others) :]
        for name in (name for name in a if name not in alone[0]):
            left, right = a[name], b[others.get(name, name)]
            if left.shape != right.shape or 0 in left.shape:
                raise ModelError(
                    f'output {name!r} has shape {list(left.shape)} on the left and '
                    f'{list(right.shape)} on the right; only networks with the same outputs, none '
                    'of them empty, can be compared'
                )
            rows.setdefault(name, []).append(_difference(left, right, axis))
    differences = [
        {
            'output': name,
            'largest': float(np.max([row[0] for row in found])),  # hands NaN on
            'mean': float(np.mean([row[1] for row in found])),
            'of_at_most': float(np.max([row[2] for row in found])),
            'same_class': float(np.mean([row[3] for row in found])),
        }
        for name, found in rows.items()
    ]
    return differences, alone


def _difference(left: Array, right: Array, axis: int) -> tuple[float, float, float, float]:
    a, b = left.astype(np.float64), right.astype(np.float64)
    apart = np.abs(a - b)
    several = a.ndim == 4 and a.shape[axis] > 1
    same = a.argmax(axis) == b.argmax(axis) if several else (a > 0) == (b > 0)
    if np.issubdtype(left.dtype, np.integer):
        same = left == right
    return float(apart.max()), float(apart.mean()), float(np.abs(a).max()), float(same.mean())


def compare_layers(
    sides: tuple[Side, Side], folders: tuple[Path, Path], given: Sequence[Tensors]
) -> list[dict[str, Any]]:
    """Run both sides with all their layers as outputs; return those that both have, in order."""
    if any(side.model.suffix != '.onnx' for side in sides):
        return []
    from ...infer.layer_outputs import expose_layers, relative_difference

    with contextlib.ExitStack() as held:
        networks, layers = [], []
        for side, folder in zip(sides, folders, strict=True):
            target = folder / f'layers_{side.model.name}'
            layers.append(expose_layers(side.model, target))
            networks.append(held.enter_context(side.open(target, folder)))
        common = {layer.tensor for layer in layers[1]}
        worst = {layer: 0.0 for layer in layers[0] if layer.tensor in common}
        with Progress('layers', len(given)) as bar:
            for tensors in given:
                a, b = (network(tensors).on_host() for network in networks)
                for layer, most in worst.items():
                    apart = relative_difference(a[layer.tensor], b[layer.tensor])
                    worst[layer] = max(most, apart)
                bar.step()
    return [
        {'layer': layer.name or layer.tensor, 'operator': layer.operator, 'relative': apart}
        for layer, apart in worst.items()
    ]
