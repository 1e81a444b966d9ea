"""The CUDA twin of `LabelDecoder`: an output becomes masks at camera size, in one launch."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .binary import logit
from .cuda_stage import ColoredLabels, LabelStage, MaskPlan
from .labels import LabelDecoder
from .layout import find_layout, items_of, map_of, planes_of
from .resample import Resampler
from .winner import as_planes, label_type, looks_like_probabilities
from ..closing import Closing
from ..config import DecodeConfig
from ..cuda import Device, DeviceArray, open_device
from ..cuda.kernel_masks import Planes
from ..cuda.pool import DevicePool
from ..geometry import View
from ..masks import LabelImage
from ..tensors import AnyArray, on_host, Tensors

_RESULTS: Final = 8


class CudaLabelDecoder(LabelDecoder, Closing):
    """
    Does on the device what `LabelDecoder` does, with the same settings.

    The arrays of a result are page-locked memory of the host, used again once nobody holds them.
    With `mix_colors`, which the kernel does not know, the host does the work.
    """

    def __init__(self, config: DecodeConfig, device: Device | None = None) -> None:
        """Prepare for outputs of one kind, on a device or else the first one."""
        super().__init__(config)
        self._owns = device is None
        self.device = device or open_device()
        self._stream = self.device.stream()
        self._inputs = DevicePool(self.device, 1)
        self._stages: list[LabelStage] = []
        # Whether scores are no probabilities, where the settings leave that to the first output.
        self._raw = True if config.network_output_type == 'logits' else None
        colors = np.array(self._classes.palette.colors, np.uint32)
        self._colors = self.device.allocate(colors.nbytes)
        self._stream.copy_in(self._colors, colors)
        self._stream.synchronize()

    def __call__(
        self, outputs: Tensors, *, want_scores: bool = False, want_colors: str = ''
    ) -> LabelImage:
        """Return the classes of the first image, their colours in an encoding if that is named."""
        if not self.is_for_device:
            return super().__call__(outputs, want_scores=want_scores)
        array = self.map_among(outputs)
        return self._decode(array, outputs.view, 0, want_scores, want_colors)

    def batch(self, outputs: Tensors, *, want_scores: bool = False) -> list[LabelImage]:
        """Return the classes of every image."""
        if not self.is_for_device:
            return super().batch(outputs, want_scores=want_scores)
        array = self.map_among(outputs)
        count = items_of(
            _shown(array), find_layout(_shown(array), self.config.data_format, outputs.view)
        )
        return [self._decode(array, outputs.view, i, want_scores, '') for i in range(count)]

    @property
    def is_for_device(self) -> bool:
        """Say whether the kernel can do what the settings ask for."""
        return not self.config.mix_colors

    def map_among(self, outputs: Tensors) -> AnyArray:
        """Return the output to decode, where it is."""
        name = self.config.output_name
        for known, array in outputs.arrays.items():
            if known == name or (2 <= array.ndim <= 4 and (not name or len(outputs) == 1)):
                return array
        return map_of(outputs, name)

    def stage(
        self,
        output: AnyArray,
        view: View | None,
        *,
        item: int = 0,
        want_scores: bool = False,
        want_colors: str = '',
    ) -> LabelStage:
        """Return a new place for what is made of outputs like this one; its values may be read."""
        plan, resampler = self._plan(output, view, item, want_scores, want_colors)
        return LabelStage(self.device, plan, resampler, self._colors)

    def result(self, stage: LabelStage) -> LabelImage | None:
        """
        Return what is in a place whose event has happened; raise TensorError for a bad output.

        None when class ids came that do not fit: the work is to be done again in a new place.
        """
        plan = stage.plan
        report = stage.checked_report()
        if plan.kind == 'ids':
            self._classes.expect(report['highest'] + 1, at_least=True)
            self._ids_seen = max(self._ids_seen, report['highest'] + 1)
            if np.dtype(label_type(self._ids_seen)).itemsize > plan.label_dtype.itemsize:
                return None
        classes = self._classes
        found = stage.labels, stage.scores, classes.names, classes.palette, classes.background
        if stage.colors is None:
            return LabelImage(*found)
        return ColoredLabels(*found, stage.colors, plan.want_colors)

    def close(self) -> None:
        """Give back what is held on the device; closing twice is harmless."""
        for stage in self._stages:
            stage.close()
        self._stages.clear()
        self._inputs.clear()
        self._stream.close()
        self._colors.close()
        if self._owns:
            self.device.close()

    def _decode(
        self, array: AnyArray, view: View | None, item: int, want_scores: bool, want_colors: str
    ) -> LabelImage:
        output = None
        while True:
            stage = self._stage_for(array, view, item, want_scores, want_colors)
            output = output or self._on_device(array)
            stage.enqueue(self._stream, output)
            self._stream.record(stage.passed)
            stage.passed.synchronize()
            result = self.result(stage)
            if result is not None:
                return result

    def _on_device(self, array: AnyArray) -> DeviceArray:
        if isinstance(array, DeviceArray):
            if array.ready is not None:
                self._stream.wait(array.ready)
            return array
        given = np.ascontiguousarray(on_host(array))
        copied = self._inputs.take(given.shape, given.dtype)
        self._stream.copy_in(copied, given)
        return copied

    def _stage_for(
        self, output: AnyArray, view: View | None, item: int, scores: bool, colors: str
    ) -> LabelStage:
        plan, resampler = self._plan(output, view, item, scores, colors)
        for stage in self._stages:
            if stage.plan == plan and stage.is_free:
                return stage
        stage = LabelStage(self.device, plan, resampler, self._colors)
        # The oldest goes; what somebody holds of it stays.
        self._stages = [*self._stages, stage][-_RESULTS:]
        return stage

    def _plan(
        self, output: AnyArray, view: View | None, item: int, scores: bool, colors: str
    ) -> tuple[MaskPlan, Resampler | None]:
        shown = _shown(output)
        layout = find_layout(shown, self.config.data_format, view)
        planes = planes_of(shown, layout, item)
        resampler = self._to_image(view, planes.shape[1:])
        kind = self._kernel_kind(planes, scores, output, layout, resampler)
        plan = MaskPlan(
            planes=Planes.of(output.shape, output.dtype, layout, item),
            view=None if resampler is None else view,
            kind=kind,
            label_dtype=self._label_dtype(kind, len(planes), resampler),
            # An arg-max output has thrown its scores away: none are claimed.
            want_scores=scores and kind != 'ids',
            want_colors=colors,
            linear=self.config.filter_mode == 'linear',
            limit=self._limit(kind),
            outside_class=self.config.outside_class,
            ignored=self._ignored(len(planes)) if kind in ('chances', 'scores') else None,
            background=self._classes.background,
        )
        return plan, resampler

    def _kernel_kind(
        self,
        planes: npt.NDArray[Any],
        want_scores: bool,
        output: AnyArray,
        layout: str,
        resampler: Resampler | None,
    ) -> str:
        kind = self._kind(planes)
        if kind != 'ids':
            self._classes.expect(len(planes) if kind == 'scores' else 2)
        if kind == 'binary':
            self._ignored(1)
            raw = self.config.network_output_type == 'sigmoid_logits'
            return 'binary_scores' if raw else 'binary'
        if kind == 'ids':
            if len(planes) != 1 or self.config.ignore_class:
                # The reference tells what is wrong.
                self._ids(planes, None, False)
            return kind
        if want_scores and self._raw is None:
            cells = ... if resampler is None else (slice(None), *resampler.cells)
            values = planes_of(on_host(output), layout, 0)[cells]
            ignored = self._ignored(len(planes))
            kept = values if ignored is None else np.delete(values, ignored, 0)
            self._raw = not looks_like_probabilities(as_planes(kept))
        return 'chances' if want_scores and not self._raw else 'scores'

    def _limit(self, kind: str) -> float:
        return logit(self.config.threshold) if kind == 'binary_scores' else self.config.threshold

    def _label_dtype(self, kind: str, classes: int, resampler: Resampler | None) -> np.dtype[Any]:
        count = {'binary': 2, 'binary_scores': 2, 'ids': self._ids_seen}.get(kind, classes)
        dtype = np.dtype(label_type(count))
        if resampler is not None and resampler.hidden is not None:
            outside = np.min_scalar_type(self.config.outside_class)
            dtype = np.promote_types(dtype, outside)
        return dtype


def _shown(array: AnyArray) -> npt.NDArray[Any]:
    """Return an array of that shape and type that takes no memory, to ask nothing but these."""
    return np.broadcast_to(np.zeros((), array.dtype), array.shape)
