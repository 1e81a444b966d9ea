"""What the tensors of a network show of its family."""

from __future__ import annotations

from typing import Final

from .family import Specs
from ..tensors import describe, Dim, TensorSpec

# The axes that may be height and width, by the number of axes.
_GRIDS: Final = {2: ((0, 1),), 3: ((1, 2), (0, 1)), 4: ((2, 3), (1, 2))}
# The axis of classes beside those.
_CHANNELS: Final = {(2, 3): 1, (1, 2): 3}
# Element types of class ids.
_WHOLE: Final = 'biu'


def takes_image(inputs: Specs) -> bool:
    """Say whether a network takes one image."""
    return len(inputs) == 1 and len(inputs[0].shape) == 4


def gives_map(inputs: Specs, outputs: Specs) -> bool:
    """Say whether one of the outputs may be a map of classes over the image."""
    return takes_image(inputs) and any(_is_map(spec, inputs[0]) for spec in outputs)


def why_no_map(inputs: Specs, outputs: Specs) -> str:
    """Return what is wrong with a network that should give a map of classes over an image."""
    if len(inputs) != 1:
        names = ', '.join(spec.name for spec in inputs) or 'none'
        return f'it takes {len(inputs)} tensors ({names}) where one image is expected'
    image = inputs[0]
    if not takes_image(inputs):
        return f'{image.name} has {_axes(image)}; an image has 4, [N, C, H, W] or [N, H, W, C]'
    return '; '.join(_why_no_map(spec, image) for spec in outputs) or 'it gives nothing'


def has_names(specs: Specs, *names: str) -> bool:
    """Say whether there is a tensor of each of these names."""
    return set(names) <= {spec.name for spec in specs}


def of_rank(specs: Specs, axes: int, name: str) -> TensorSpec | None:
    """Return the tensor of floats of that name, or else the only one with so many axes."""
    fitting = [s for s in specs if len(s.shape) == axes and s.dtype.kind == 'f']
    named = [spec for spec in fitting if spec.name == name]
    chosen = named or fitting
    return chosen[0] if len(chosen) == 1 else None


def _why_no_map(output: TensorSpec, image: TensorSpec) -> str:
    if len(output.shape) not in _GRIDS:
        return f'output {output.name} has {_axes(output)}; a map of classes has 2 to 4'
    if not any(_is_grid(output, grid, image) for grid in _GRIDS[len(output.shape)]):
        return f'output {output.name} {describe(output.shape)} is no map over {image.name}'
    if output.dtype.kind in _WHOLE:
        return (
            f'output {output.name} has several channels of {output.dtype}: scores must be floats, '
            'and class ids have one channel'
        )
    return f'output {output.name} is {output.dtype}; floats or whole numbers are expected'


def _axes(spec: TensorSpec) -> str:
    return f'{len(spec.shape)} {"axis" if len(spec.shape) == 1 else "axes"}'


def _is_map(output: TensorSpec, image: TensorSpec) -> bool:
    return any(
        _is_grid(output, grid, image) and _is_readable(output, grid)
        for grid in _GRIDS.get(len(output.shape), ())
    )


def _is_grid(output: TensorSpec, grid: tuple[int, int], image: TensorSpec) -> bool:
    cells = output.shape[grid[0]], output.shape[grid[1]]
    return any(_same_shape(cells, canvas) for canvas in _canvases(image))


def _is_readable(output: TensorSpec, grid: tuple[int, int]) -> bool:
    """Say whether the elements can be scores, or class ids, of which a pixel has one."""
    if output.dtype.kind == 'f':
        return True
    channels = output.shape[_CHANNELS[grid]] if len(output.shape) == 4 else 1
    return output.dtype.kind in _WHOLE and (channels == 1 or not isinstance(channels, int))


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
