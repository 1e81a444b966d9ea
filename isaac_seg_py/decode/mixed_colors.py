"""A colour mask that is soft between the cells of a coarse output, as segNet's is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .resample import Resampler
from .winner import Labels
from ..errors import ImageError, TensorError
from ..masks import LabelImage

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class MixedColors(LabelImage):
    """
    A label image whose colours are mixed from those of the four cells around each pixel.

    Opacity is mixed like the colours. `cells` are the (h, w) winners of the output's cells in
    which the image is seen. The labels are never mixed.
    """

    cells: Labels | None = None
    resampler: Resampler | None = None

    def _painted(self, encoding: str, background: int | None, out: Bytes | None) -> Bytes:
        if self.cells is None or self.resampler is None:
            raise TensorError('colours without cells came; give the winners of the cells')
        plain = self.palette.color(self.cells, encoding, background)
        shape = (*self.size, plain.shape[2])
        if out is None:
            out = np.empty(shape, np.uint8)
        elif out.shape != shape or out.dtype != np.uint8:
            raise ImageError(f'out is {out.dtype} of shape {out.shape}; uint8 {shape} is expected')
        for channel in range(shape[2]):
            values = self.resampler.linear(plain[..., channel].astype(np.float32))
            np.copyto(out[..., channel], np.rint(values, out=values), casting='unsafe')
        hidden = self.resampler.hidden
        if hidden is not None:
            # What the canvas did not show has no cell, only its label.
            labels = self.labels[hidden][np.newaxis]
            out[hidden] = self.palette.color(labels, encoding, background)[0]
        return out
