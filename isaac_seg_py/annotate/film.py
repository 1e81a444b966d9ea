"""The frames of a video file by their number."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2

from ..closing import Closing
from ..errors import ImageError
from ..picture_files import Picture

# So far ahead it is quicker to read on than to look for the place.
_READ_ON: Final = 30


class Film(Closing):
    """Reads any frame of a video that OpenCV opens; for one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open the file."""
        self._path = path
        self._capture = cv2.VideoCapture(str(path))
        self._next = 0

    def read(self, number: int) -> Picture:
        """Return a frame, (H, W, 3) uint8 RGB."""
        ahead = number - self._next
        if not 0 <= ahead <= _READ_ON:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, number)
            ahead = 0
        for _ in range(ahead):
            self._capture.grab()
        there, found = self._capture.read()
        self._next = number + 1
        if not there:
            # What comes after a failure is not known: the next one looks for its place.
            self._next = number + _READ_ON * 2
            raise ImageError(
                f'frame {number} of {str(self._path)!r} cannot be read; the video may be cut off'
            )
        return cv2.cvtColor(found, cv2.COLOR_BGR2RGB)  # type: ignore[return-value]

    def close(self) -> None:
        """Close the file."""
        self._capture.release()
