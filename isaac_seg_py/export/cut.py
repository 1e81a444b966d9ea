"""
Take what depends on the image's size out of a Segment Anything decoder.

Meta's exporter, and those made after it, enlarge masks in the network to `orig_im_size`, a float.
TensorRT wants whole numbers for sizes and cannot read such a file. Nothing is lost without: the
coarse masks are outputs as well, and are enlarged where the image's size is known.
"""

from __future__ import annotations

from collections.abc import Sequence
import os
from pathlib import Path
from typing import Any, Final
import warnings

import numpy as np

from .comparison import compared, Difference
from .libraries import library
from ..errors import ModelError
from ..infer import open_backend
from ..tensors import Dim, Tensors

SIZE_INPUT: Final = 'orig_im_size'
_SIDE: Final = 64


def names_sizes(model: Path) -> bool:
    """Say whether a network takes the size of the image, and so can be cut."""
    onnx = library('onnx')
    try:
        graph = onnx.load(str(model), load_external_data=False).graph
    except Exception as error:
        # What is no ONNX file ends in errors of many kinds.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f'{str(model)!r} cannot be read as an ONNX model: {reason}') from error
    return any(value.name == SIZE_INPUT for value in graph.input)


def cut_sizes(model: Path, target: Path) -> list[Difference]:
    """Write a network without the size and what needs it; return how far outputs differ."""
    onnx = library('onnx')
    graph = onnx.load(str(model), load_external_data=False).graph
    tainted = {SIZE_INPUT}
    # Nodes of ONNX stand in the order in which they run.
    for node in graph.node:
        if tainted & set(node.input):
            tainted.update(node.output)
    kept = [value.name for value in graph.output if value.name not in tainted]
    if not kept:
        names = ', '.join(value.name for value in graph.output)
        raise ModelError(
            f'each output of {str(model)!r} ({names}) depends on {SIZE_INPUT}; export the decoder '
            'with low_res_masks among its outputs'
        )
    weights = {tensor.name for tensor in graph.initializer}
    given = [v.name for v in graph.input if v.name not in weights | {SIZE_INPUT}]
    beside = target.with_name(f'.{target.stem}.cut.onnx')
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            onnx.utils.extract_model(str(model), str(beside), given, kept)
        differences = _differences(model, beside, kept)
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)
    return differences


def _differences(model: Path, cut: Path, outputs: Sequence[str]) -> list[Difference]:
    """Run both on the same noise; the same operators give the same numbers."""
    noise: dict[str, Any] = {}
    whole, part = _answer(model, noise), _answer(cut, noise)
    differences = [compared(name, whole[name], part[name]) for name in outputs]
    for difference in differences:
        if difference.largest != 0:
            raise ModelError(f'{str(model)!r} changes when it is cut: {difference}')
    return differences


def _answer(file: Path, noise: dict[str, Any]) -> dict[str, Any]:
    """Run a network on noise, and leave there what inputs have got."""
    random = np.random.default_rng(0)
    with open_backend(file, backend='onnxruntime', threads=1) as network:
        for spec in network.inputs:
            if spec.name not in noise:
                values = random.random(list(map(_any_size, enumerate(spec.shape))))
                sized = np.full_like(values, _SIDE) if spec.name == SIZE_INPUT else values
                noise[spec.name] = sized.astype(spec.dtype)
        given = Tensors({spec.name: noise[spec.name] for spec in network.inputs})
        return {name: np.array(values) for name, values in network(given).on_host().items()}


def _any_size(axis_and_dim: tuple[int, Dim]) -> int:
    """Return a size for an axis: where it is free, one object with two points."""
    axis, dim = axis_and_dim
    return dim if isinstance(dim, int) else axis + 1
