"""A window in which a person clicks: OpenCV's, which hands on what comes to the desk."""

from __future__ import annotations

import os
import re
import sys
import time
from typing import Any, Final

import cv2

from .desk import ClickDesk, KEYS
from .pictures import with_words
from ..pictures.results import Outputs
from ...closing import Closing
from ...errors import BackendUnavailable
from ...frames import Frame

_WAIT_MS: Final = 10
_HELP: Final = ', '.join(f'{"space" if key == " " else key} {what}' for key, what in KEYS.items())


class ClickWindow(Closing):
    """Shows each picture for its time, or for as long as the desk is paused."""

    def __init__(self, title: str, outputs: Outputs, rate: float, count: int | None) -> None:
        """Open a window; without a known count, as of a camera, it does not begin paused."""
        _check_windows()
        cv2.namedWindow(title, cv2.WINDOW_AUTOSIZE | cv2.WINDOW_GUI_NORMAL)
        cv2.setMouseCallback(title, self._note)
        self._title, self._outputs, self._pause_s = title, outputs, 1 / rate
        self._count, self._number = count, 0
        self._came: list[tuple[int, int, int]] = []

    def __call__(self, desk: ClickDesk) -> None:
        """Show the picture that the desk has taken until the next one is due."""
        until = time.monotonic() + self._pause_s
        self._number += 1
        # There is time to click on the first picture, and on the last one.
        if self._count is not None and self._number in (1, self._count):
            desk.paused = True
        self._show(desk)
        while not desk.done:
            key = cv2.waitKey(_WAIT_MS)
            if cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) < 1:
                desk.key('q')
            elif self._hand_on(desk, key):
                self._show(desk)
            if not desk.paused and time.monotonic() >= until:
                return

    def close(self) -> None:
        """Close the window."""
        cv2.destroyAllWindows()

    def _note(self, event: int, x: int, y: int, flags: int, more: Any) -> None:
        # An error in here would be lost: what comes is dealt with by whoever waits for it.
        self._came.append((event, x, y))

    def _hand_on(self, desk: ClickDesk, key: int) -> bool:
        """Hand on what came; say whether it may have changed the picture."""
        came, self._came = self._came, []
        buttons = {cv2.EVENT_LBUTTONDOWN: True, cv2.EVENT_RBUTTONDOWN: False}
        for event, x, y in came:
            desk.move(x, y)
            if event in buttons:
                desk.click(is_object=buttons[event])
        if key >= 0:
            desk.key(chr(key & 0xFF))
        return key >= 0 or any(event in buttons for event, _, _ in came)

    def _show(self, desk: ClickDesk) -> None:
        assert isinstance(desk.frame, Frame)
        assert desk.found is not None
        picture = self._outputs.picture('overlay', desk.frame, desk.found)
        picture = with_words(picture, [desk.state, _HELP])
        cv2.imshow(self._title, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))


def _check_windows() -> None:
    """Raise BackendUnavailable where no window can be opened."""
    if re.search(r'GUI: +NONE', cv2.getBuildInformation()):
        raise BackendUnavailable(
            'this OpenCV was built without windows: pip install opencv-python in the place of '
            'opencv-python-headless, or give --script FILE, which needs none'
        )
    # OpenCV's Qt ends the whole process where there is no display.
    if sys.platform == 'linux' and not os.environ.get('DISPLAY'):
        raise BackendUnavailable(
            'there is no display to open a window on (DISPLAY is not set): work at a desktop, or '
            'give --script FILE, which needs none'
        )
