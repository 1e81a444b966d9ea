"""Write a recipe as ONNX files with a manifest, and prove that they say what PyTorch says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import os
from pathlib import Path
from typing import Any, Final
import warnings

import numpy as np

from .comparison import compared, Difference
from .float32_graph import without_float64
from .libraries import library
from .manifest_text import manifest_text
from .recipe import Graph, Recipe
from .rounded_graph import computable
from ..catalog.checksums import sha256_of
from ..errors import ModelError
from ..infer import open_backend
from ..infer.precision import convert_file
from ..tensors import Tensors

OPSET: Final = 18
LIMIT: Final = 1e-2
"""Exporters reorder sums; where outputs differ by more than this part, something is wrong."""
HALF_LIMITS: Final = {'fp16': 5e-3, 'bf16': 3e-2}
"""
The same of halves, for the mean: they keep three digits and two.

A score that is all but 0 may end on the other side of a threshold, and be as far off as it can.
"""


@dataclass(frozen=True)
class Exported:
    """The files that were written, and how far each output is from PyTorch's."""

    files: tuple[Path, ...]
    manifest: Path | None
    differences: tuple[Difference, ...]


def export_recipe(
    recipe: Recipe,
    file: Path,
    *,
    name: str,
    more: Mapping[str, Any],
    with_manifest: bool = True,
    precision: str = 'fp32',
) -> Exported:
    """
    Write `file`, or one beside it for each part, and a manifest.

    `more` goes into the manifest as well. In `fp16` and `bf16` inputs and outputs stay float32. A
    file that differs from PyTorch by more than its precision explains is not kept.
    """
    written: dict[str, Path] = {}
    differences: list[Difference] = []
    file.parent.mkdir(parents=True, exist_ok=True)
    for part, graph in recipe.graphs.items():
        path = part_file(file, part)
        beside = path.with_name(f'.{path.stem}.export.onnx')
        try:
            differences += _write(graph, beside, precision)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
        written[part] = path
    manifest = None
    if with_manifest:
        parts = {part: (path.name, sha256_of(path)) for part, path in written.items()}
        manifest = file.with_suffix('.yaml')
        said = {**recipe.manifest, **more, 'precision': precision}
        manifest.write_text(manifest_text(name, parts, said), 'utf-8')
    return Exported(tuple(written.values()), manifest, tuple(differences))


def part_file(file: Path, part: str) -> Path:
    """Return where a part goes; a network in one piece has one, named ''."""
    return file.with_name(f'{file.stem}_{part}.onnx') if part else file


def _write(graph: Graph, path: Path, precision: str) -> list[Difference]:
    torch = library('torch')
    library('onnx')
    inputs = _noise(torch, graph.inputs)
    with warnings.catch_warnings(), torch.inference_mode():
        # The exporter warns of itself, and of each shape that it takes as fixed.
        warnings.simplefilter('ignore')
        expected = graph.module(*inputs.values())
        try:
            torch.onnx.export(
                graph.module,
                tuple(inputs.values()),
                str(path),
                input_names=list(inputs),
                output_names=list(graph.outputs),
                dynamic_axes={name: dict(axes) for name, axes in graph.free.items()},
                opset_version=OPSET,
                dynamo=False,
            )
        except Exception as error:
            # The exporter stops at what it does not know with errors of many kinds.
            line = ' '.join(str(error).split())[:300]
            raise ModelError(f'PyTorch cannot export this network: {line}') from error
    without_float64(path)
    if graph.folded:
        from ..infer.fuse_layers import fold_file

        fold_file(path)
    given = Tensors({name: np.asarray(tensor.numpy()) for name, tensor in inputs.items()})
    arrays = [np.asarray(tensor.numpy()) for tensor in expected]
    differences = _differences(graph, path, given, arrays, 'fp32')
    if precision == 'fp32':
        return differences
    convert_file(path, path, precision)
    return _differences(graph, path, given, arrays, precision)


def _differences(
    graph: Graph, path: Path, given: Tensors, expected: list[Any], precision: str
) -> list[Difference]:
    """Run a file; raise ModelError where it says something else than PyTorch."""
    with (
        computable(path, precision) as file,
        open_backend(file, backend='onnxruntime', threads=1) as network,
    ):
        found = network(given).on_host()
        differences = [
            compared(name, array, found[name], graph.classes.get(name))
            for name, array in zip(graph.outputs, expected, strict=True)
        ]
    for difference in differences:
        limit = HALF_LIMITS.get(precision)
        close = difference.relative_mean <= limit if limit else difference.relative <= LIMIT
        if not close:
            raise ModelError(
                f'the exported network in {precision} differs from PyTorch: {difference}'
            )
    return differences


def _noise(torch: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs, with noise in place of floats that are all zero."""
    generator = torch.Generator().manual_seed(0)
    return {
        name: torch.randn(tensor.shape, generator=generator, dtype=tensor.dtype)
        if tensor.is_floating_point() and not tensor.any()
        else tensor
        for name, tensor in inputs.items()
    }
