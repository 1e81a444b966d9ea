"""What the tensors of a network show of its family."""

from __future__ import annotations

from typing import Final

from .family import Specs
from ..tensors import Dim, TensorSpec

# The axes that may be height and width, by the number of axes.
_GRIDS: Final = {2: ((0, 1),), 3: ((1, 2), (0, 1)), 4: ((2, 3), (1, 2))}


def takes_image(inputs: Specs) -> bool:
    """Say whether a network takes one image."""
    return len(inputs) == 1 and len(inputs[0].shape) == 4


def gives_map(inputs: Specs, outputs: Specs) -> bool:
    """Say whether one of the outputs may be a map of classes over the image."""
    return takes_image(inputs) and any(_is_map(spec, inputs[0]) for spec in outputs)


def has_names(specs: Specs, *names: str) -> bool:
    """Say whether there is a tensor of each of these names."""
    return set(names) <= {spec.name for spec in specs}


def of_rank(specs: Specs, axes: int, name: str) -> TensorSpec | None:
    """Return the tensor of floats of that name, or else the only one with so many axes."""
    fitting = [s for s in specs if len(s.shape) == axes and s.dtype.kind == 'f']
    named = [spec for spec in fitting if spec.name == name]
    chosen = named or fitting
    return chosen[0] if len(chosen) == 1 else None


def _is_map(output: TensorSpec, image: TensorSpec) -> bool:
    return any(
        _same_shape((output.shape[down], output.shape[across]), canvas)
        for down, across in _GRIDS.get(len(output.shape), ())
        for canvas in _canvases(image)
    )


def _canvases(image: TensorSpec) -> list[tuple[Dim, Dim]]:
    """Return height and width, of planes first and of channels last where both may be meant."""
    planes, last = image.shape[2:], image.shape[1:3]
    canvases = [(planes[0], planes[1])] if image.shape[1] in (1, 3) else []
    if image.shape[3] in (1, 3) or not canvases:
        canvases.append((last[0], last[1]))
    return canvases


def _same_shape(grid: tuple[Dim, Dim], canvas: tuple[Dim, Dim]) -> bool:
    """Say whether a grid covers a canvas; sizes that are not fixed may."""
    down, across, height, width = (
        dim if isinstance(dim, int) else None for dim in (*grid, *canvas)
    )
    if down == 1 or across == 1:
        # One row is a vector, unless the canvas is as thin.
        return (down, across) == (height, width)
    if down is None or across is None or height is None or width is None:
        return True
    # A row or a column may be lost or won where the stride does not divide the canvas.
    return abs(down * width - across * height) <= max(height, width)
