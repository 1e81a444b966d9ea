"""From a network's output to the parameters of postprocess.cu and mask_upscale.cu."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .kernel_geometry import image_to_cells, same_cells
from .kernel_images import image_source
from .kernel_structs import ELEMENTS, MaskUpscaleParameters, OUTPUT_KINDS, PostprocessParameters
from ..errors import ImageError, TensorError
from ..geometry import Size, View
from ..images import RawImage

Cells = tuple[slice, slice]


@dataclass(frozen=True)
class Planes:
    """The planes of one image in an output: `offset` and strides count elements."""

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    offset: int
    strides: tuple[int, int, int]

    @classmethod
    def of(
        cls, shape: tuple[int, ...], dtype: npt.DTypeLike, layout: str, item: int = 0
    ) -> Planes:
        """Find them in a contiguous output; `layout` is NCHW, NHWC, CHW, HWC, NHW or HW."""
        sizes, steps, step = {'C': 1}, {'C': 0}, 1
        for axis, size in reversed(list(zip(layout, shape, strict=True))):
            sizes[axis], steps[axis] = size, step
            step *= size
        return cls(
            (sizes['C'], sizes['H'], sizes['W']),
            np.dtype(dtype),
            item * steps.get('N', 0),
            (steps['C'], steps['H'], steps['W']),
        )

    @property
    def nbytes_before(self) -> int:
        """Return what to add to the address of the output."""
        return self.offset * self.dtype.itemsize


def postprocess_parameters(
    planes: Planes,
    view: View | None,
    cells: Cells | None,
    *,
    kind: str,
    label_dtype: npt.DTypeLike,
    linear: bool = True,
    limit: float = 0.5,
    outside_class: int = 0,
    ignored: int | None = None,
) -> PostprocessParameters:
    """
    Prepare the making of masks; no pointer is set.

    Without a view, masks have the size of the output. `cells` are those of `Resampler`. Scores are
    only interpolated (`linear`) where pixels are not the cells. `kind` is one of OUTPUT_KINDS:
    probabilities or scores of each class, or of one, or class ids. The class `ignored` is never
    chosen.
    """
    grid = planes.shape[1:]
    if view is None or cells is None:
        size, (rows, columns), linear = grid, same_cells(grid), False
    else:
        size, (rows, columns) = view.image, image_to_cells(view, grid, cells)
    class_stride, row_stride, column_stride = planes.strides
    return PostprocessParameters(
        rows=rows,
        columns=columns,
        class_stride=class_stride,
        row_stride=row_stride,
        column_stride=column_stride,
        height=size[0],
        width=size[1],
        classes=planes.shape[0],
        ignored=-1 if ignored is None else ignored,
        element=_element(planes.dtype, ELEMENTS if kind == 'ids' else ELEMENTS[:3]),
        kind=OUTPUT_KINDS.index(kind),
        interpolate=linear,
        label_bytes=np.dtype(label_dtype).itemsize,
        outside_class=outside_class,
        clear_in_colors=-1,
        clear_in_overlay=-1,
        limit=limit,
    )


def add_colors(
    parameters: PostprocessParameters, encoding: str, background: int | None = 0
) -> None:
    """Choose the encoding of the colour mask and, with an alpha channel, what is transparent."""
    parameters.color_channels = 4 if 'a' in encoding else 3
    parameters.colors_reversed = encoding.startswith('bgr')
    parameters.clear_in_colors = -1 if background is None else background


def add_overlay(
    parameters: PostprocessParameters,
    image: RawImage,
    encoding: str,
    alpha: float,
    background: int | None = 0,
) -> None:
    """Choose image, encoding (rgb8, bgr8) and share of the image; `background` leaves it as is."""
    size = parameters.height, parameters.width
    if image.size != size:
        raise ImageError(
            f'the mask is {size[1]}x{size[0]} and the image {image.size[1]}x{image.size[0]} '
            '(width x height); they must be of one size. Set mask_frame to image'
        )
    parameters.image = image_source(image)
    parameters.overlay_reversed = encoding == 'bgr8'
    parameters.clear_in_overlay = -1 if background is None else background
    parameters.image_share, parameters.color_share = alpha, 1.0 - alpha


def mask_upscale_parameters(
    planes: Planes, view: View, cells: Cells, *, limit: float = 0.0
) -> MaskUpscaleParameters:
    """Prepare masks of (N, H, W) scores at the size of the view's image; no pointer is set."""
    rows, columns = image_to_cells(view, planes.shape[1:], cells)
    mask_stride, row_stride, column_stride = planes.strides
    return MaskUpscaleParameters(
        rows=rows,
        columns=columns,
        mask_stride=mask_stride,
        row_stride=row_stride,
        column_stride=column_stride,
        height=view.image[0],
        width=view.image[1],
        count=planes.shape[0],
        element=_element(planes.dtype, ELEMENTS[:3]),
        limit=limit,
    )


def box_corners(found: npt.NDArray[np.uint32], size: Size) -> npt.NDArray[np.float32]:
    """Return (N, 4) x1, y1, x2, y2 of what mask_upscale.cu found, zeros for an empty mask."""
    corners = found.astype(np.float32)
    corners[:, :2] = np.array(size[::-1], np.float32) - corners[:, :2]
    corners[found[:, 2] == 0] = 0
    return corners


def _element(dtype: np.dtype[Any], known: Sequence[str]) -> int:
    name = 'uint8' if dtype == np.bool_ else dtype.name
    if name not in known:
        raise TensorError(f'the output is {dtype}; expected one of {", ".join(known)}')
    return ELEMENTS.index(name)
