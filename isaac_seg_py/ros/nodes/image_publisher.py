"""ImagePublisherNode: publishes an image, a folder of images, a video or a camera."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from ..picture_source import PictureSource, SourceConfig
from ..running import run_node
from ...errors import ConfigError
from ...media import Frame, open_source
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
        self._source, self._again = config.source, config.loop
        self._frames: Iterator[Frame] = iter(())
        self._passed_over = ''
        self._frames = chain([self._first()], self._frames)
        if self._passed_over:
            self.get_logger().warning(f'passed over: {self._passed_over}')
        super().start()

    def next_picture(self) -> npt.NDArray[np.uint8] | None:
        """Read a picture; after the last one begin again, or return None."""
        frame = next(self._frames, None)
        if frame is None and self._again:
            frame = self._first()
        return None if frame is None else frame.image

    def _first(self) -> Frame:
        source = open_source(self._source, self._pass_over, self._cut_short)
        self._frames, self._passed_over = source.frames, source.passed_over
        self.own_rate = source.rate or PictureSource.own_rate
        frame = next(self._frames, None)
        if frame is None:
            raise ConfigError(f'source {self._source!r} has no picture that can be read')
        return frame

    def _pass_over(self, why: str) -> None:
        self.stats.drop('ImageError')
        self.get_logger().warning(f'passed over: {why}', throttle_duration_sec=2.0)

    def _cut_short(self, why: str) -> None:
        # Of a video that begins again and again, seldom.
        self.get_logger().warning(why, throttle_duration_sec=60.0)


def main() -> None:
    """Run the node by itself."""
    run_node(ImagePublisherNode)
