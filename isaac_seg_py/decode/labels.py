"""A network's output becomes a label image at camera size."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from .binary import check_binary, logit
from .chances import Chances
from .class_list import ClassList
from .layout import find_layout, items_of, map_of, planes_of
from .mixed_colors import MixedColors
from .mixing import above, mix_winners
from .resample import Resampler
from .winner import (
    as_planes,
    find_winners,
    label_type,
    Labels,
    MOST_CLASSES,
    Winners,
)
from ..config import DecodeConfig
from ..errors import TensorError
from ..geometry import Size, View
from ..masks import LabelImage
from ..tensors import Tensors

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
# The labels and their scores at image size, and the winners of the cells where scores came.
Result = tuple[Array, Floats | None, Array | None]


class LabelDecoder:
    """
    Finds the class of each pixel.

    Between the cells of a coarse output, scores are interpolated and the highest wins (`linear`),
    or the nearest cell decides (`point`). Where four neighbouring cells have the same winner, each
    mix of them has it too: its score is the highest of each cell, so of each weighted sum, and it
    is strictly above all lower classes, so it wins ties as well. Only other pixels are mixed.
    Confidence is that of the class found: its probability in the cells, interpolated alike.
    """

    def __init__(self, config: DecodeConfig) -> None:
        """Prepare for outputs of one kind."""
        self.config = config
        self._classes = ClassList(config)
        self._resampler: tuple[View, Size, Resampler] | None = None
        # Class ids say nothing of how many there are: the type grows once and stays, so that the
        # encoding of a stream of masks does not change to and fro.
        self._ids_seen = len(config.class_names)

    def go_on_from(self, other: LabelDecoder) -> None:
        """Keep the type of labels that a decoder of other settings came to."""
        self._ids_seen = max(self._ids_seen, other._ids_seen)

    def __call__(self, outputs: Tensors, *, want_scores: bool = False) -> LabelImage:
        """Return the classes of the first image."""
        return self._image(outputs, 0, want_scores)

    def batch(self, outputs: Tensors, *, want_scores: bool = False) -> list[LabelImage]:
        """Return the classes of every image."""
        array = map_of(outputs, self.config.output_name)
        layout = find_layout(array, self.config.data_format, outputs.view)
        count = items_of(array, layout)
        return [self._image(outputs, item, want_scores) for item in range(count)]

    def _image(self, outputs: Tensors, item: int, want_scores: bool) -> LabelImage:
        array = map_of(outputs, self.config.output_name)
        layout = find_layout(array, self.config.data_format, outputs.view)
        planes = planes_of(array, layout, item)
        decode = {'ids': self._ids, 'binary': self._binary, 'scores': self._scores}
        resampler = self._to_image(outputs.view, planes.shape[1:])
        if resampler is not None:
            planes = planes[(slice(None), *resampler.cells)]
        labels, scores, cells = decode[self._kind(planes)](planes, resampler, want_scores)
        if scores is not None:
            # Rounding may leave a sum of shares a little above 1.
            scores = np.clip(scores, 0, 1, out=scores)
        if resampler is not None and resampler.hidden is not None:
            labels = self._cover(labels, scores, resampler.hidden)
        classes = self._classes
        found = labels, scores, classes.names, classes.palette, classes.background
        if resampler is None or cells is None or not self.config.mix_colors:
            return LabelImage(*found)
        return MixedColors(*found, cells, resampler)

    def _kind(self, planes: Array) -> str:
        kind, dtype = self.config.network_output_type, planes.dtype
        if dtype.kind not in 'biuf':
            raise TensorError(f'the output is {dtype}; floats or whole numbers are expected')
        if kind == 'argmax' or (kind == 'auto' and dtype.kind != 'f'):
            return 'ids'
        if dtype.kind != 'f':
            raise TensorError(
                f'the output is {dtype}; network_output_type {kind} expects floats. '
                'Set it to argmax or auto'
            )
        single = len(planes) == 1
        if kind != 'auto' and single != kind.startswith('sigmoid'):
            raise TensorError(
                f'the output has {len(planes)} channels; network_output_type {kind} expects '
                f'{"more than one" if single else "one"}. Correct it, or data_format'
            )
        return 'binary' if single else 'scores'

    def _scores(self, planes: Array, resampler: Resampler | None, want_scores: bool) -> Result:
        self._classes.expect(len(planes))
        ignored = self._ignored(len(planes))
        winners = find_winners(planes if ignored is None else np.delete(planes, ignored, 0))
        chances = self._chances(winners) if want_scores else None
        labels: Array = winners.labels
        scores = None if chances is None else chances.highest
        if resampler is None:
            pass
        elif self.config.filter_mode == 'point':
            labels = resampler.nearest(labels)
            scores = None if scores is None else resampler.nearest(scores)
        else:
            labels, scores = mix_winners(winners, chances, resampler)
        cells = None if self.config.filter_mode == 'point' else winners.labels
        if ignored is None:
            return labels, scores, cells
        shift = partial(_numbered_past, ignored, len(planes))
        return shift(labels), scores, None if cells is None else shift(cells)

    def _chances(self, winners: Winners) -> Chances:
        return Chances.among(winners, self.config.network_output_type == 'logits')

    def _ignored(self, count: int) -> int | None:
        name = self.config.ignore_class
        if not name:
            return None
        if count == 1:
            raise TensorError(
                f'ignore_class is {name!r}, but the output has one channel: there is no next best '
                'class. Leave ignore_class empty'
            )
        return self._classes.number_of(name, count)

    def _binary(self, planes: Array, resampler: Resampler | None, want_scores: bool) -> Result:
        self._ignored(1)
        self._classes.expect(2)
        raw = self.config.network_output_type == 'sigmoid_logits'
        values = as_planes(planes)[0]
        check_binary(values, raw)
        limit = logit(self.config.threshold) if raw else self.config.threshold
        labels = (values >= limit).view(np.uint8)
        if resampler is None:
            pass
        elif self.config.filter_mode == 'point':
            labels = resampler.nearest(labels)
            values = resampler.nearest(values) if want_scores else values
        else:
            labels = above(values, limit, resampler).view(np.uint8)
            values = resampler.linear(values) if want_scores else values
        if not want_scores:
            return labels, None, None
        # The logistic function, written so that nothing overflows.
        chance = 0.5 + 0.5 * np.tanh(0.5 * values) if raw else np.clip(values, 0, 1)
        return labels, np.where(labels, chance, 1 - chance).astype(np.float32), None

    def _ids(self, planes: Array, resampler: Resampler | None, want_scores: bool) -> Result:
        if len(planes) != 1:
            raise TensorError(
                f'the output has {len(planes)} channels of {planes.dtype}; class ids have one. '
                'Correct data_format or network_output_type'
            )
        ids = planes[0]
        low, high = ids.min().item(), ids.max().item()
        if not (low >= 0 and high < MOST_CLASSES):
            raise TensorError(
                f'class ids go from {low} to {high}; 0 to {MOST_CLASSES - 1} is expected'
            )
        if ids.dtype.kind == 'f' and not np.array_equal(ids, np.floor(ids)):
            raise TensorError(
                'the output has fractions; class ids are whole numbers. '
                'Set network_output_type to auto'
            )
        if self.config.ignore_class:
            raise TensorError(
                'ignore_class is set, but the output has class ids and no next best class. Leave '
                'ignore_class empty'
            )
        self._classes.expect(int(high) + 1, at_least=True)
        self._ids_seen = max(self._ids_seen, int(high) + 1)
        labels = ids.astype(label_type(self._ids_seen))
        # An arg-max output has thrown its scores away: none are claimed.
        return labels if resampler is None else resampler.nearest(labels), None, None

    def _to_image(self, view: View | None, grid: tuple[int, ...]) -> Resampler | None:
        """Return what leads from the grid to the image, None where they are the same."""
        size = grid[0], grid[1]
        if view is None or self.config.mask_frame == 'network':
            return None
        if view.is_identity and view.canvas == size:
            return None
        known = self._resampler
        if known is None or known[:2] != (view, size):
            known = self._resampler = view, size, Resampler.of(view, size)
        return known[2]

    def _cover(self, labels: Array, scores: Floats | None, hidden: npt.NDArray[np.bool_]) -> Array:
        """Give the pixels that the canvas did not show the class for these, and no confidence."""
        outside = np.min_scalar_type(self.config.outside_class)
        labels = labels.astype(np.promote_types(labels.dtype, outside), copy=False)
        labels[hidden] = self.config.outside_class
        if scores is not None:
            scores[hidden] = 0
        return labels


def _numbered_past(ignored: int, count: int, labels: Labels) -> Array:
    """Give back their numbers to the classes behind the one left out of `count`."""
    return np.add(labels, labels >= ignored, dtype=label_type(count))
