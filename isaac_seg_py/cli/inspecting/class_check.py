"""Whether labels and colours of a manifest are as many as a network's classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...config import DecodeConfig
from ...decode.class_list import ClassList
from ...decode.layout import find_layout, planes_of
from ...errors import TensorError
from ...tensors import TensorSpec


def check_classes(outputs: Sequence[TensorSpec], config: DecodeConfig) -> None:
    """Warn as the decoder will with the first image, where the tensors show the classes."""
    for spec in outputs:
        if config.output_name not in ('', spec.name) or not 2 <= len(spec.shape) <= 4:
            continue
        # How many images go at once does not matter, and is often free.
        batch = spec.shape[0] if isinstance(spec.shape[0], int) else 1
        shape = [dim for dim in (batch, *spec.shape[1:]) if isinstance(dim, int)]
        if spec.dtype.kind != 'f' or len(shape) < len(spec.shape):
            return
        # An array of that shape which takes no memory.
        array = np.broadcast_to(np.zeros((), spec.dtype), shape)
        try:
            planes = planes_of(array, find_layout(array, config.data_format, None), 0)
        except TensorError:
            return
        # One channel tells one class from the background.
        ClassList(config).expect(max(len(planes), 2))
        return
