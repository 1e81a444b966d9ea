"""Where pixels lie between cells, as the whole numbers that every kernel counts in."""

from __future__ import annotations

from typing import Final

from .kernel_structs import Axis
from ..errors import ImageError
from ..geometry import Size, View

Axes = tuple[Axis, Axis]
Grid = tuple[int, int, int]

BLOCK: Final[Grid] = (32, 8, 1)
"""Threads of a block: one of each pixel, a warp to a row."""

LINE: Final[Grid] = (256, 1, 1)
"""Threads of a block: one of each number of a long row."""

_BITS: Final = 44
# OpenCV counts the places of its exact "nearest" in steps of 2^-16.
_NEAREST_BITS: Final = 16


def launch_grid(size: Size, count: int = 1) -> Grid:
    """Return the blocks for `count` images of (height, width)."""
    return -(-size[1] // BLOCK[0]), -(-size[0] // BLOCK[1]), count


def line_grid(length: int, count: int) -> Grid:
    """Return the blocks of LINE for `count` rows of numbers."""
    return -(-length // LINE[0]), count, 1


def canvas_to_image(view: View, nearest: bool = False) -> Axes:
    """Return where rows and columns of the canvas lie on the image, as the encoder reads it."""
    make = _nearest_pixel if nearest else _image_pixel
    rows, columns = (
        make(*lengths) for lengths in zip(view.image, view.content, view.offset, strict=True)
    )
    return rows, columns


def image_to_cells(view: View, grid: Size, cells: tuple[slice, slice]) -> Axes:
    """
    Return where rows and columns of the image lie on a grid over the canvas.

    `cells` are the rows and columns of the grid that show the image (`Resampler.cells`); others
    are never read.
    """
    rows, columns = (
        _cell(*lengths)
        for lengths in zip(
            view.image, view.canvas, view.content, view.offset, grid, cells, strict=True
        )
    )
    return rows, columns


def same_cells(grid: Size) -> Axes:
    """Return the axes of pixels that are the cells."""
    return image_to_cells(View.identity(grid), grid, (slice(0, grid[0]), slice(0, grid[1])))


def _image_pixel(image: int, content: int, offset: int) -> Axis:
    """Place pixel x at (x + 0.5 - offset) * image / content."""
    return Axis(
        start=_divided_up((1 - 2 * offset) * image << _BITS, 2 * content),
        step=_divided_up(image << _BITS, content),
        first=0,
        last=image - 1,
        cells=image,
    )


def _nearest_pixel(image: int, content: int, offset: int) -> Axis:
    """Place pixels where OpenCV's INTER_NEAREST_EXACT has them."""
    step = ((image << _NEAREST_BITS) + content // 2) // content
    start = step // 2 - image % 2 - offset * step
    more = _BITS - _NEAREST_BITS
    return Axis(start=start << more, step=step << more, first=0, last=image - 1, cells=image)


def _cell(image: int, canvas: int, content: int, offset: int, grid: int, cells: slice) -> Axis:
    """Place pixel x at ((x + 0.5) * content / image + offset) * grid / canvas."""
    start = _divided_up((content + 2 * offset * image) * grid << _BITS, 2 * image * canvas)
    step = _divided_up(content * grid << _BITS, image * canvas)
    if max(abs(start), abs(start + step * image)) >= 1 << 63:
        raise ImageError(
            f'an image of {image} pixels a side lies on {content} of a canvas of {canvas}; that '
            'is more than the kernels can count. Set fit to letterbox or stretch'
        )
    return Axis(start=start, step=step, first=cells.start, last=cells.stop - 1, cells=grid)


def _divided_up(number: int, by: int) -> int:
    """Round up, so that what lies on the edge of a cell is never taken to be before it."""
    return -(-number // by)
