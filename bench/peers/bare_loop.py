"""Peer (c): a bare loop of OpenCV and ONNX Runtime, the least that gives a mask."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnxruntime


class BareLoop:
    """Stretches, normalises, runs, takes the highest score, goes back by the nearest cell."""

    def __init__(self, model: Path, mean: float = 0.5, deviation: float = 0.5) -> None:
        """Load the network."""
        self.session = onnxruntime.InferenceSession(str(model), providers=['CPUExecutionProvider'])
        (given,) = self.session.get_inputs()
        self.name = given.name
        self.height, self.width = given.shape[2:]
        self.mean, self.deviation = np.float32(mean), np.float32(deviation)

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """Return the class of each pixel of an RGB picture."""
        small = cv2.resize(picture, (self.width, self.height))
        tensor = ((small / np.float32(255) - self.mean) / self.deviation).transpose(2, 0, 1)
        given = np.ascontiguousarray(tensor[np.newaxis], np.float32)
        scores = self.session.run(None, {self.name: given})[0]
        mask = scores[0].argmax(0).astype(np.uint8) if scores.ndim == 4 else scores[0]
        size = (picture.shape[1], picture.shape[0])
        return cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
