"""Peer (b): the image segmentation pipeline of transformers, and the masks put together again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from transformers import pipeline


class HfPipeline:
    """`pipeline('image-segmentation')` on the CPU, as its documentation shows it."""

    def __init__(self, folder: Path) -> None:
        """Load the network and its processor."""
        self._pipeline = pipeline('image-segmentation', model=str(folder), device='cpu')
        self._numbers = self._pipeline.model.config.label2id

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """Return the class of each pixel of an RGB picture."""
        labels = np.zeros(picture.shape[:2], np.uint8)
        for found in self._pipeline(Image.fromarray(picture), subtask='semantic'):
            labels[np.asarray(found['mask']) > 0] = self._numbers[found['label']]
        return labels
