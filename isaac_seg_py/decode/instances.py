"""The output of a YOLO-seg network becomes a mask for each object, at camera size."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .binary import logit
from .boxes import Floats, pixels_inside, to_image
from .class_list import ClassList
from .layout import first_of, GRID_STRIDE
from .nms import suppress
from .predictions import Candidates, candidates, class_count, find_layout
from .resample import Resampler
from ..errors import TensorError
from ..geometry import Size, View
from ..instance_config import InstanceConfig
from ..masks import InstanceMasks
from ..tensors import Tensors

Array = npt.NDArray[Any]


class InstanceDecoder:
    """
    Finds objects among boxes with classes and mask coefficients.

    A mask is the sum of the prototypes, weighed by the coefficients of its box. Masks are made for
    the boxes that stay, and only inside them: the sum is interpolated between the cells of the
    prototypes at the centre of each pixel of the image, and a pixel above the threshold is inside.
    """

    def __init__(self, config: InstanceConfig) -> None:
        """Prepare for outputs of one kind."""
        self.config = config
        self._classes = ClassList(config)
        self._resampler: tuple[View, Size, Resampler] | None = None

    def __call__(self, outputs: Tensors, *, want_scores: bool = True) -> InstanceMasks:
        """Return the objects in the first image, the highest score first; they have scores."""
        config = self.config
        boxes = first_of(outputs, config.boxes_output or 'output0', 3, 'boxes')
        prototypes = first_of(outputs, config.masks_output or 'output1', 4, 'prototypes')
        grid = prototypes.shape[1], prototypes.shape[2]
        view = view_of(outputs, grid, config)
        found = self._choose(boxes, len(prototypes), grid)
        on_image = to_image(found.boxes, view)
        inside = np.flatnonzero((on_image[:, 2:] - on_image[:, :2]).min(1, initial=np.inf) > 0)
        if len(inside) < len(on_image):
            # Before there are masks, which would all be copied to leave one out.
            found, on_image = found[inside], on_image[inside]
        masks, seen = self._masks(found.coefficients, prototypes, on_image, view)
        if not seen.all():
            # Nothing of some is on the image.
            masks, found, on_image = masks[seen], found[np.flatnonzero(seen)], on_image[seen]
        return InstanceMasks(
            masks,
            found.scores,
            on_image,
            tuple(range(1, len(masks) + 1)),
            found.classes,
            self._classes.names,
            self._classes.palette,
        )

    def _choose(self, boxes: Array, coefficients: int, grid: Size) -> Candidates:
        config = self.config
        layout = config.prediction_layout
        if layout == 'auto':
            layout = find_layout(boxes, coefficients, grid)
        classes = class_count(boxes, coefficients, layout)
        if classes is not None:
            self._classes.expect(classes)
        found = candidates(boxes, classes, layout, config.score_threshold)
        if classes is None:
            # The network has left out the boxes that overlap itself.
            order = np.argsort(-found.scores, kind='stable')[: config.max_detections]
            self._classes.expect(int(found.classes.max(initial=-1)) + 1, at_least=True)
            return found[order]
        kinds = None if config.agnostic_nms else found.classes
        limit = config.nms_iou_threshold
        return found[suppress(found.boxes, found.scores, kinds, limit, config.max_detections)]

    def _masks(
        self, coefficients: Floats, prototypes: Array, boxes: Floats, view: View
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Return the (N, H, W) masks, and which of them have a pixel."""
        resampler = self._resampler_of(view, (prototypes.shape[1], prototypes.shape[2]))
        weights = prototypes.astype(np.float32, copy=False).reshape(len(prototypes), -1)
        with np.errstate(invalid='ignore', over='ignore'):
            sums = (coefficients @ weights).reshape(-1, *prototypes.shape[1:])
        if not np.isfinite(sums).all():
            raise TensorError(
                'the masks are NaN or infinite; the model or its precision is broken'
            )
        limit = logit(self.config.mask_threshold)
        # Memory that is never written stays the zeros of the operating system.
        masks = np.zeros((len(boxes), *view.image), np.bool_)
        seen = np.zeros(len(boxes), np.bool_)
        for index, (values, box) in enumerate(zip(sums, boxes, strict=True)):
            rows, columns = pixels_inside(box, view.image)
            if rows.start >= rows.stop or columns.start >= columns.stop:
                continue
            cells = values[resampler.cells]
            if self.config.filter_mode == 'point':
                inside = resampler.nearest(cells > limit, rows, columns)
            else:
                inside = resampler.linear(cells, rows, columns) > limit
            if resampler.hidden is not None:
                inside[resampler.hidden[rows, columns]] = False
            masks[index, rows, columns] = inside
            seen[index] = inside.any()
        return masks, seen

    def _resampler_of(self, view: View, grid: Size) -> Resampler:
        known = self._resampler
        if known is None or known[:2] != (view, grid):
            known = self._resampler = view, grid, Resampler.of(view, grid)
        return known[2]


def view_of(outputs: Tensors, grid: Size, config: InstanceConfig) -> View:
    """Return the way from the canvas to what the masks show: the image, or the canvas itself."""
    # Whoever sends no view has a grid of a quarter of the canvas, as these networks have.
    canvas = (grid[0] * GRID_STRIDE, grid[1] * GRID_STRIDE)
    view = outputs.view or View.identity(canvas)
    return View.identity(view.canvas) if config.mask_frame == 'network' else view
