"""A network's output becomes a label image at camera size: the reference, and so the truth."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from .layout import find_layout, items_of, planes_of
from .resample import Resampler
from .winner import (
    find_winners,
    label_type,
    log_normalizer,
    looks_like_probabilities,
    MOST_CLASSES,
)
from ..config import DecodeConfig
from ..errors import TensorError
from ..geometry import Size, View
from ..masks import LabelImage
from ..palette import DEFAULT, Palette
from ..tensors import Tensors

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Result = tuple[Array, Floats | None]


class LabelDecoder:
    """
    Finds the class of each pixel.

    Between the cells of a coarse output, scores are interpolated and the highest wins (`linear`),
    or the nearest cell decides (`point`). Where four neighbouring cells have the same winner,
    every mix of them has it too: its score is the highest of each cell, so of each weighted sum, and it
    is strictly above all lower classes, so it wins ties as well. Only the other pixels are mixed.
    """

    def __init__(self, config: DecodeConfig) -> None:
        """Prepare for outputs of one kind."""
        self.config = config
        self._palette = Palette(config.color_palette) if config.color_palette else DEFAULT
        self._resampler: tuple[View, Size, Resampler] | None = None

    def __call__(self, outputs: Tensors, *, want_scores: bool = False) -> LabelImage:
        """Return the classes of the first image."""
        return self._image(outputs, 0, want_scores)

    def batch(self, outputs: Tensors, *, want_scores: bool = False) -> list[LabelImage]:
        """Return the classes of every image."""
        array = _map_of(outputs)
        layout = find_layout(array, self.config.data_format, outputs.view)
        count = items_of(array, layout)
        return [self._image(outputs, item, want_scores) for item in range(count)]

    def _image(self, outputs: Tensors, item: int, want_scores: bool) -> LabelImage:
        array = _map_of(outputs)
        layout = find_layout(array, self.config.data_format, outputs.view)
        planes = planes_of(array, layout, item)
        if 0 in planes.shape:
            raise TensorError(f'the output has shape {list(array.shape)}; no axis may be 0')
        kind = self._kind(planes)
        labels, scores = getattr(self, f'_{kind}')(planes, outputs.view, want_scores)
        return LabelImage(labels, scores, self.config.class_names, self._palette)

    def _kind(self, planes: Array) -> str:
        kind = self.config.network_output_type
        if kind == 'auto':
            if planes.dtype.kind in 'iu':
                return 'ids'
            return 'binary' if len(planes) == 1 else 'scores'
        if kind != 'argmax' and planes.dtype.kind != 'f':
            raise TensorError(
                f'the output is {planes.dtype}; network_output_type {kind} expects floats. '
                'Set it to argmax or auto'
            )
        return {
            'argmax': 'ids', 'sigmoid': 'binary', 'sigmoid_logits': 'binary',
            'softmax': 'scores', 'logits': 'scores',
        }[kind]  # fmt: skip

    def _scores(self, planes: Array, view: View | None, want_scores: bool) -> Result:
        winners = find_winners(planes)
        raw = want_scores and (
            self.config.network_output_type == 'logits'
            or not looks_like_probabilities(winners.planes)
        )
        best = winners.best
        if want_scores:
            normalizer = log_normalizer(winners) if raw else None
            best = np.exp(best - normalizer) if normalizer is not None else best
        resampler = self._to_image(view, winners.labels.shape)
        if resampler is None:
            return winners.labels, np.clip(best, 0, 1) if want_scores else None
        if self.config.filter_mode == 'point':
            labels = resampler.nearest(winners.labels)
            scores = resampler.nearest(best) if want_scores else None
        else:
            labels, places = resampler.mixed(winners.labels)
            between = resampler.at(winners.planes, places)
            chosen = between.argmax(0)
            labels[places] = chosen
            scores = resampler.linear(best) if want_scores else None
            if scores is not None:
                if normalizer is not None:
                    between = resampler.at(np.exp(winners.planes - normalizer), places)
                scores[places] = between[chosen, np.arange(chosen.size)]
        return self._finish(resampler, labels, scores)

    def _binary(self, planes: Array, view: View | None, want_scores: bool) -> Result:
        raw = self.config.network_output_type == 'sigmoid_logits'
        values: Floats = np.ascontiguousarray(planes[0], np.float32)
        low, high = float(values.min()), float(values.max())
        if not (math.isfinite(low) and math.isfinite(high)):
            raise TensorError(
                'the output is NaN or infinite; the model or its precision is broken'
            )
        if not raw and (low < -1e-3 or high > 1 + 1e-3):
            raise TensorError(
                f'the output goes from {low:g} to {high:g}; probabilities of a sigmoid go from 0 '
                'to 1. Set network_output_type to sigmoid_logits for raw scores'
            )
        resampler = self._to_image(view, values.shape)
        if resampler is not None:
            point = self.config.filter_mode == 'point'
            values = resampler.nearest(values) if point else resampler.linear(values)
        labels = values >= (_logit(self.config.threshold) if raw else self.config.threshold)
        scores = None
        if want_scores:
            chance = 1 / (1 + np.exp(-values)) if raw else np.clip(values, 0, 1)
            scores = np.where(labels, chance, 1 - chance).astype(np.float32)
        return self._finish(resampler, labels.view(np.uint8), scores)

    def _ids(self, planes: Array, view: View | None, want_scores: bool) -> Result:
        if len(planes) != 1:
            raise TensorError(
                f'the output has {len(planes)} channels of {planes.dtype}; class ids have one. '
                'Correct data_format or network_output_type'
            )
        ids = planes[0]
        low, high = ids.min(), ids.max()
        if not (low >= 0 and high < MOST_CLASSES):
            raise TensorError(
                f'class ids go from {low} to {high}; 0 to {MOST_CLASSES - 1} is expected'
            )
        if ids.dtype.kind == 'f' and not np.array_equal(ids, np.floor(ids)):
            raise TensorError(
                'the output has fractions; class ids are whole numbers. '
                'Set network_output_type to auto'
            )
        labels = ids.astype(label_type(int(high) + 1))
        resampler = self._to_image(view, labels.shape)
        if resampler is not None:
            labels = resampler.nearest(labels)
        # An arg-max output has thrown its scores away: none are claimed.
        return self._finish(resampler, labels, None)

    def _to_image(self, view: View | None, grid: tuple[int, ...]) -> Resampler | None:
        """Return what leads from the grid to the image, None where they are the same."""
        size = grid[0], grid[1]
        if view is None or self.config.mask_frame == 'network':
            return None
        if view.is_identity and view.canvas == size:
            return None
        if self._resampler is None or self._resampler[:2] != (view, size):
            self._resampler = view, size, Resampler.of(view, size)
        return self._resampler[2]

    def _finish(self, resampler: Resampler | None, labels: Array, scores: Floats | None) -> Result:
        if resampler is not None and resampler.hidden is not None:
            outside = self.config.outside_class
            if outside > np.iinfo(labels.dtype).max:
                labels = labels.astype(np.uint16)
            labels[resampler.hidden] = outside
            if scores is not None:
                scores[resampler.hidden] = 0
        return labels, None if scores is None else np.clip(scores, 0, 1, out=scores)


def _map_of(outputs: Tensors) -> Array:
    """Return the first tensor that may be a map of classes."""
    for array in outputs.arrays.values():
        if 2 <= array.ndim <= 4:
            return array
    shapes = ', '.join(f'{name} {list(outputs[name].shape)}' for name in outputs)
    raise TensorError(f'no output has 2 to 4 axes: {shapes or "none came"}')


def _logit(chance: float) -> float:
    if chance in (0.0, 1.0):
        return math.inf if chance else -math.inf
    return math.log(chance / (1 - chance))
