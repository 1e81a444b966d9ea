"""The window of `isaac-seg click`: a person before it, of whom only the screen is made up."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
import time

from clicked_boxes import BESIDE, frame, ON_RED, places
import cv2
from isaac_seg_py.cli.clicking.desk import ClickDesk
from isaac_seg_py.cli.clicking.pictures import ClickOutputs
from isaac_seg_py.cli.clicking.window import ClickWindow
import numpy as np
import pytest


class Screen:
    """Stands for the screen and the person before it: OpenCV of the tests has no windows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the place of OpenCV's functions for windows."""
        self.shown: list[np.ndarray] = []
        self.steps: deque[Callable[[], int]] = deque()
        self.is_open = True
        self.rests_until = 0.0
        self.mouse: Callable[..., None] = lambda *_: None
        monkeypatch.setenv('DISPLAY', ':0')
        stands_for = {
            'getBuildInformation': lambda: 'GUI: QT5',
            'namedWindow': lambda *_: None,
            'setMouseCallback': lambda _, function: setattr(self, 'mouse', function),
            'imshow': lambda _, image: self.shown.append(image),
            'waitKey': lambda _: self.next()(),
            'getWindowProperty': lambda *_: float(self.is_open),
            'destroyAllWindows': lambda: None,
        }
        for name, function in stands_for.items():
            monkeypatch.setattr(cv2, name, function)

    def next(self) -> Callable[[], int]:
        """Return the next step; a person who rests does nothing when there is none."""
        if self.steps or time.monotonic() > self.rests_until:
            return self.steps.popleft()
        return lambda: -1

    def rest(self) -> None:
        """Do nothing for as long as the window may take at most."""
        self.rests_until = time.monotonic() + 30

    def press(self, key: str) -> None:
        """Press a key next."""
        self.steps.append(lambda: ord(key))

    def click(self, event: int, place: tuple[int, int]) -> None:
        """Press a button of the mouse next."""
        self.steps.append(lambda: self.mouse(event, *place, 0, None) or -1)

    def wait(self) -> None:
        """Do nothing next."""
        self.steps.append(lambda: -1)

    def leave(self) -> None:
        """Close the window next."""
        self.steps.append(lambda: setattr(self, 'is_open', False) or -1)


def test_a_window_hands_on_what_a_person_does(
    desk: ClickDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen(monkeypatch)
    outputs = ClickOutputs(('overlay',), 0.5, json=True)
    with ClickWindow('window', outputs, 1000.0, 3) as window:
        screen.click(cv2.EVENT_LBUTTONDOWN, ON_RED)
        screen.click(cv2.EVENT_MOUSEMOVE, BESIDE)
        screen.click(cv2.EVENT_RBUTTONDOWN, BESIDE)
        screen.press('n')
        screen.press(' ')
        window(desk)
        # The first picture stays until somebody goes on.
        assert not screen.steps
        assert places(desk) == {'object_1': 'red'}
        assert 'a click makes an object' in desk.state
        height, width = screen.shown[-1].shape[:2]
        assert (height > 48, width) == (True, 64)
        assert screen.shown[0][12, 20].tolist() == [0, 0, 255], 'BGR, without an object'
        assert screen.shown[-1][12, 20].tolist() != [0, 0, 255]
        desk.take(frame(1))
        screen.rest()
        window(desk)
        assert not desk.done, 'the second one goes by itself'
        desk.take(frame(2))
        screen.wait()
        screen.leave()
        window(desk)
        assert desk.done
