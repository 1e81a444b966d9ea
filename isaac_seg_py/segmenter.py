"""Segmenter: the suite in one object, without ROS."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from os import PathLike
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .catalog.manifest import Manifest
from .catalog.model_folders import find_manifest
from .closing import Closing
from .errors import ConfigError
from .families import open_pipeline
from .images import RawImage
from .panoptic import Found
from .pipeline import Spine

Picture = npt.NDArray[np.uint8] | RawImage
# How an array of an image ends: its channels.
_ONE_IMAGE: Final = ((1,), (3,), (4,))


class Segmenter(Closing):
    """
    Finds classes or objects in images, as the network behind it does.

        with Segmenter.open('tiny-unet') as segment:
            result = segment(image)       # (H, W, 3) uint8 RGB

    A semantic network gives a `LabelImage`, YOLO-seg `InstanceMasks`, Mask2Former what its setting
    `task` says: a `PanopticImage`, `InstanceMasks` or a `LabelImage`. All have the size of the
    image, and `labels`, `scores`, `classes`, `color()`, `overlay(image)`, `to_json()` and
    `instances()`.
    """

    def __init__(self, manifest: Manifest, pipeline: Spine[Found] | None = None) -> None:
        """Take a pipeline that is ready; `Segmenter.open` makes one."""
        if pipeline is None:
            raise ConfigError(f'no pipeline came; Segmenter.open({manifest!r}) makes one')
        self.manifest = manifest
        self._pipeline = pipeline

    @classmethod
    def open(cls, model: str, **settings: Any) -> Segmenter:
        """
        Open a model by its name, its manifest file or its ONNX file.

        `settings` are those of `InferConfig` (such as `backend` and `threads`), `EncodeConfig` and
        `DecodeConfig`, or `InstanceConfig` for networks that find objects, by name. A function
        `say` is told what takes long, as building an engine does.
        """
        manifest = find_manifest(model)
        return cls(manifest, open_pipeline(manifest, **settings))

    def __call__(self, image: Picture, *, want_scores: bool = True) -> Found:
        """
        Segment one image: (H, W, 3) uint8 RGB, (H, W) uint8 grey, or a RawImage.

        Without scores, the confidence of each pixel, a label image comes a little faster.
        """
        return self._pipeline(RawImage.of(image), want_scores=want_scores)

    def batch(
        self, images: Sequence[Picture], *, most: int = 8, want_scores: bool = True
    ) -> Sequence[Found]:
        """
        Segment images of any sizes, several at once where the network has an axis for that.

        `most` is how many go at once where the network takes any number.
        """
        raw = [RawImage.of(image) for image in _several(images)]
        return self._pipeline.batch(raw, most=most, want_scores=want_scores)

    def stream(
        self, images: Iterable[Picture], *, depth: int = 0, want_scores: bool = True
    ) -> Generator[Found, None, None]:
        """
        Give the result of each image in order, while the next ones are on their way.

            with Segmenter.open('tiny-unet', threads=1) as segment:
                for result in segment.stream(images):

        This is for images in a second, a call for the time of one image. With `threads=1` a CPU
        runs the network for as many images at once as it has cores, which is best here. Of
        `images` at most `depth` are taken ahead, 0 for as many as pay, in a thread of their own;
        when the next one is asked for, the array of the last one may be written to. An error is
        raised in the place of its image, and is the end. `media.read_frames` reads videos:

            segment.stream(frame.image for frame in read_frames('drive.mp4'))
        """
        if not isinstance(depth, int) or depth < 0:
            raise ConfigError(
                f'depth is {depth!r}; it is how many images are on their way at once, 1 or more, '
                'or 0 for as many as pay'
            )
        raw = map(RawImage.of, _several(images))
        return self._pipeline.stream(raw, depth=depth, want_scores=want_scores)

    def __repr__(self) -> str:
        """Return the model."""
        return f'Segmenter({self.manifest.name!r}, family {self.manifest.family or "auto"})'

    def close(self) -> None:
        """Give back what the network holds; closing twice is harmless."""
        self._pipeline.close()


def _several(images: Iterable[Picture]) -> Iterable[Picture]:
    """Return images; raise ConfigError for what only looks like several of them."""
    if isinstance(images, (str, PathLike)):
        raise ConfigError(
            f'{str(images)!r} came; images are expected: stream(frame.image for frame in '
            f'read_frames({str(images)!r})), of isaac_seg_py.media'
        )
    if isinstance(images, np.ndarray) and (images.ndim < 3 or images.shape[2:] in _ONE_IMAGE):
        raise ConfigError(
            f'one array of shape {list(images.shape)} came, which is an image; several are '
            'expected, as in [image]'
        )
    if not isinstance(images, Iterable):
        raise ConfigError(f'{type(images).__name__} came; a list of images is expected')
    return images
