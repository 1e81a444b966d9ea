"""A place on the device for the masks that are made of one kind of output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .resample import Resampler
from ..closing import Closing
from ..cuda import Device, DeviceArray, DeviceBuffer, Stream
from ..cuda.kernel_geometry import BLOCK, launch_grid
from ..cuda.kernel_masks import add_colors, Planes, postprocess_parameters
from ..cuda.kernel_structs import REPORT_FIELDS
from ..cuda.mirror import Mirror
from ..errors import TensorError
from ..geometry import Size, View
from ..masks import Bytes, LabelImage


@dataclass(frozen=True)
class MaskPlan:
    """What is made of which output; places for equal plans can stand in for each other."""

    planes: Planes
    view: View | None
    kind: str
    label_dtype: np.dtype[Any]
    want_scores: bool
    want_colors: str
    linear: bool
    limit: float
    outside_class: int
    ignored: int | None
    background: int | None

    @property
    def size(self) -> Size:
        """Return the (height, width) of the masks."""
        return self.planes.shape[1:] if self.view is None else self.view.image


class LabelStage(Closing):
    """Labels, confidence and colours on their way from the device, those that are wanted."""

    def __init__(
        self,
        device: Device,
        plan: MaskPlan,
        resampler: Resampler | None,
        palette: DeviceBuffer,
    ) -> None:
        """Prepare for outputs of one kind."""
        self.plan = plan
        self._kernel = device.kernel('postprocess')
        self._parameters = postprocess_parameters(
            plan.planes,
            plan.view,
            None if resampler is None else resampler.cells,
            kind=plan.kind,
            label_dtype=plan.label_dtype,
            linear=plan.linear,
            limit=plan.limit,
            outside_class=plan.outside_class,
            ignored=plan.ignored,
        )
        self._report = Mirror(device, (len(REPORT_FIELDS),), np.uint32)
        self._labels = Mirror(device, plan.size, plan.label_dtype)
        self._parameters.report = self._report.pointer
        self._parameters.labels = self._labels.pointer
        self._scores = self._colors = None
        if plan.want_scores:
            self._scores = Mirror(device, plan.size, np.float32)
            self._parameters.confidence = self._scores.pointer
        if plan.want_colors:
            add_colors(self._parameters, plan.want_colors, plan.background)
            channels = self._parameters.color_channels
            self._colors = Mirror(device, (*plan.size, channels), np.uint8)
            self._parameters.colors = self._colors.pointer
            self._parameters.palette = palette.pointer
            self._parameters.palette_size = palette.nbytes // 4
        made = (self._labels, self._scores, self._colors)
        self._results = [mirror for mirror in made if mirror is not None]
        self.passed = device.event(blocking=True)
        """To be recorded behind `enqueue`: from then on the arrays may be read."""

    @property
    def is_free(self) -> bool:
        """Say whether nobody holds what was made here."""
        return all(mirror.is_free for mirror in self._results)

    @property
    def labels(self) -> npt.NDArray[Any]:
        """Return the (H, W) class ids."""
        return self._labels.array

    @property
    def scores(self) -> npt.NDArray[np.float32] | None:
        """Return the (H, W) confidences, None where they are not wanted."""
        return None if self._scores is None else self._scores.array

    @property
    def colors(self) -> Bytes | None:
        """Return the (H, W, 3 or 4) picture, None where it is not wanted."""
        return None if self._colors is None else self._colors.array

    def checked_report(self) -> dict[str, int]:
        """Return the numbers of REPORT_FIELDS; raise TensorError for what the kernel found bad."""
        report = dict(zip(REPORT_FIELDS, self._report.array.tolist(), strict=True))
        if report['not_finite']:
            raise TensorError(
                f'the output is NaN or infinite in {report["not_finite"]} pixels; the model or '
                'its precision is broken: try float32, or another backend'
            )
        if report['out_of_range'] and self.plan.kind == 'ids':
            raise TensorError(
                f'class ids of {report["out_of_range"]} pixels are out of range; 0 to 65534 is '
                'expected'
            )
        if report['out_of_range']:
            raise TensorError(
                f'the output leaves 0 to 1 in {report["out_of_range"]} pixels, where '
                'probabilities of a sigmoid are. Set network_output_type to sigmoid_logits for '
                'raw scores'
            )
        if report['fractions']:
            raise TensorError(
                'the output has fractions; class ids are whole numbers. '
                'Set network_output_type to auto'
            )
        return report

    def enqueue(self, stream: Stream, output: DeviceArray) -> None:
        """Put the way from the output to the arrays of the host on a stream."""
        stream.fill(self._report, 0)
        self._parameters.output = output.pointer + self.plan.planes.nbytes_before
        self._kernel.launch(stream, launch_grid(self.plan.size), BLOCK, self._parameters)
        for mirror in (self._report, *self._results):
            mirror.bring(stream)

    def close(self) -> None:
        """Give the memory back; arrays that somebody holds stay."""
        for mirror in (self._report, *self._results):
            mirror.close()
        self.passed.close()


@dataclass(frozen=True, eq=False)
class ColoredLabels(LabelImage):
    """A label image whose picture in one encoding is there already."""

    colors: Bytes | None = None
    colors_encoding: str = ''

    def _painted(self, encoding: str, background: int | None, out: Bytes | None) -> Bytes:
        there = self.colors_encoding, self.background, None
        if self.colors is None or (encoding, background, out) != there:
            return super()._painted(encoding, background, out)
        return self.colors
