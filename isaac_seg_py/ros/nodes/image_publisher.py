"""ImagePublisherNode: publishes an image, a folder of images, a video or a camera."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..picture_source import PictureSource, SourceConfig
from ..running import run_node
from ...errors import ConfigError
from ...media import Frame, read_frames
from ...settings import check_settings, setting


@dataclass(frozen=True)
class FilesConfig:
    """What is published."""

    source: str = setting('', 'Image, folder, quoted pattern, video or /dev/video0.')
    loop: bool = setting(True, 'Begin again after the last picture.')

    def __post_init__(self) -> None:
        """Check types, and that there is a source."""
        check_settings(self)
        if not self.source:
            raise ConfigError('source is empty; give an image, a folder, a pattern or a video')


class ImagePublisherNode(PictureSource):
    """Publishes pictures from files on `image`, with a `camera_info`."""

    default_name = 'image_publisher_node'
    config_kinds = (FilesConfig, SourceConfig)

    def start(self) -> None:
        """Open the source, so that a wrong one is told at once, and start publishing."""
        config = self.parameters[FilesConfig]
        self._again = config.loop
        self._frames: Iterator[Frame] = iter(read_frames(config.source))
        self._next: Frame | None = next(self._frames, None)
        if self._next is None:
            raise ConfigError(f'source {config.source!r} has no picture that can be read')
        super().start()

    def next_picture(self) -> npt.NDArray[np.uint8] | None:
        """Return the picture read before, and read the next."""
        frame = self._next
        if frame is None:
            return None
        self._next = next(self._frames, None)
        if self._next is None and self._again:
            self._frames = iter(read_frames(self.parameters[FilesConfig].source))
            self._next = next(self._frames, None)
        return frame.image


def main() -> None:
    """Run the node by itself."""
    run_node(ImagePublisherNode)
