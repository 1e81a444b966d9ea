"""Segmenter: the suite in one object, without ROS."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .closing import Closing
from .families import open_semantic
from .images import RawImage
from .manifest import Manifest
from .masks import LabelImage
from .model_folders import find_manifest
from .pipeline import Pipeline


class Segmenter(Closing):
    """
    Gives each pixel of an image a class.

        with Segmenter.open('tiny-unet') as segment:
            result = segment(image)       # (H, W, 3) uint8 RGB -> LabelImage at the image's size
    """

    def __init__(self, manifest: Manifest, pipeline: Pipeline[LabelImage]) -> None:
        """Take a pipeline that is ready; `Segmenter.open` makes one."""
        self.manifest = manifest
        self._pipeline = pipeline

    @classmethod
    def open(
        cls, model: str, *, backend: str = 'auto', threads: int = 0, **settings: Any
    ) -> Segmenter:
        """
        Open a model by its name, its manifest file or its ONNX file.

        `settings` are those of `EncodeConfig` and `DecodeConfig`, by name.
        """
        manifest = find_manifest(model)
        pipeline = open_semantic(manifest, backend=backend, threads=threads, **settings)
        return cls(manifest, pipeline)

    def __call__(
        self, image: npt.NDArray[np.uint8] | RawImage, *, want_scores: bool = True
    ) -> LabelImage:
        """
        Segment one image: (H, W, 3) uint8 RGB, (H, W) uint8 grey, or a RawImage.

        Without scores, the confidence of each pixel, it is a little faster.
        """
        if not isinstance(image, RawImage):
            image = RawImage.from_array(image, 'mono8' if image.ndim == 2 else 'rgb8')
        return self._pipeline(image, want_scores=want_scores)

    def close(self) -> None:
        """Give back what the network holds; closing twice is harmless."""
        self._pipeline.close()
