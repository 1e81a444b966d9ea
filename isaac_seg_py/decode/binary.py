"""Outputs of one channel: yes or no."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ..errors import TensorError

Floats = npt.NDArray[np.float32]


def logit(chance: float) -> float:
    """Return the raw score of a probability, plus or minus infinity at its ends."""
    if chance in (0.0, 1.0):
        return math.inf if chance else -math.inf
    return math.log(chance / (1 - chance))


def check_binary(values: Floats, raw: bool) -> None:
    """Refuse what is no number, and what is no probability unless raw scores are meant."""
    low, high = float(values.min()), float(values.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise TensorError('the output is NaN or infinite; the model or its precision is broken')
    # Half precision may round a little over the edge.
    if not raw and (low < -1e-3 or high > 1 + 1e-3):
        raise TensorError(
            f'the output goes from {low:g} to {high:g}; probabilities of a sigmoid go from 0 '
            'to 1. Set network_output_type to sigmoid_logits for raw scores'
        )
