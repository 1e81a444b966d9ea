"""Clicks and keys make objects, which are followed from picture to picture; no window is known."""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import Final

from .pictures import ClickedMasks
from ...annotate.clicks import Clicks
from ...errors import PromptError
from ...frames import Frame
from ...prompts import NOT_OBJECT, OBJECT
from ...track.tracker import VideoTracker

KEYS: Final = {
    'n': 'new', 'a': 'take up', 'd': 'delete', 'c': 'clear', 's': 'save', ' ': 'pause',
    'q': 'quit',
}  # fmt: skip
Save = Callable[[Frame, ClickedMasks], str]


class ClickDesk:
    """
    Holds the picture that is looked at, its objects, and the one that clicks are for.

    The first click makes an object. Further ones correct it, in the picture in which they come,
    until a key asks for another one.
    """

    def __init__(
        self,
        tracker: VideoTracker,
        rate: float,
        save: Save,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take a tracker, how many pictures make up a second, what saves one, and Ctrl-C."""
        self._tracker, self._rate, self._save = tracker, rate, save
        self._stopped, self._has_quit = stopped, False
        self._clicks: dict[str, Clicks] = {}
        self._mouse = (0, 0)
        self._count = 0
        self._active = ''
        self.frame: Frame | None = None
        self.found: ClickedMasks | None = None
        self.paused = False
        self.said = ''
        self.objects_made = 0
        self.seconds: list[float] = []
        self._keys: dict[str, Callable[[], str]] = {
            'n': self._new, 'a': self._take_up, 'd': self._delete, 'c': self._clear,
            's': self._saved, ' ': self._pause, 'q': self._quit,
        }  # fmt: skip

    @property
    def done(self) -> bool:
        """Say whether somebody asked for the end."""
        return self._has_quit or self._stopped()

    @property
    def state(self) -> str:
        """Return in words what clicks are for, and what was said last."""
        clicks = f'clicks correct {self._active}' if self._active else 'a click makes an object'
        return ', '.join(filter(None, ['paused' if self.paused else '', clicks, self.said]))

    def take(self, frame: Frame) -> None:
        """Follow the objects in the next picture."""
        self.frame, self.said = frame, ''
        self._clicks = {}
        begin = time.perf_counter()
        self._tracker.track(frame.image, self._count / self._rate)
        self.seconds.append(time.perf_counter() - begin)
        self._count += 1
        self._look()

    def move(self, x: int, y: int) -> None:
        """Note where the mouse is, in pixels of the picture."""
        self._mouse = x, y

    def click(self, *, is_object: bool) -> None:
        """Show with the mouse what is of the object, or what is not."""
        try:
            self.said = self._show(OBJECT if is_object else NOT_OBJECT)
        except PromptError as error:
            self.said = str(error)
        self._look()

    def key(self, key: str) -> None:
        """Do what a key stands for; others do nothing."""
        if key in self._keys:
            self.said = self._keys[key]()
            self._look()

    def _show(self, label: int) -> str:
        # The middle of the pixel.
        point = self._mouse[0] + 0.5, self._mouse[1] + 0.5
        if self._active:
            known = self._clicks.get(self._active, Clicks())
            self._tracker.update(self._active, points=[point], labels=[label])
        elif label == NOT_OBJECT:
            return 'there is no object to correct; click on one first, or press a over it'
        else:
            known, name = Clicks(), f'object_{self.objects_made + 1}'
            stamp = (self._count - 1) / self._rate
            self._tracker.add(name, points=[point], labels=[label], stamp=stamp)
            self.objects_made += 1
            self._active = name
        points, labels = (*known.points, point), (*known.labels, label)
        self._clicks[self._active] = Clicks(points, labels)
        return ''

    def _new(self) -> str:
        self._active = ''
        return ''

    def _take_up(self) -> str:
        self._active = self._under_mouse() or self._active
        return '' if self._under_mouse() else 'no object is under the mouse'

    def _delete(self) -> str:
        name = self._under_mouse()
        if not name:
            return 'no object is under the mouse'
        self._tracker.remove(name)
        self._clicks.pop(name, None)
        if name == self._active:
            self._active = ''
        return f'{name} is gone'

    def _clear(self) -> str:
        self._tracker.clear()
        self._clicks, self._active = {}, ''
        return 'all objects are gone'

    def _saved(self) -> str:
        assert self.frame is not None
        assert self.found is not None
        return f'saved as {self._save(self.frame, self.found)}'

    def _pause(self) -> str:
        self.paused = not self.paused
        return ''

    def _quit(self) -> str:
        self._has_quit = True
        return ''

    def _under_mouse(self) -> str:
        """Return the name of the object that is seen below the mouse, '' where none is."""
        if self.found is None:
            return ''
        (height, width), (x, y) = self.found.size, self._mouse
        if not (0 <= x < width and 0 <= y < height):
            return ''
        return self.found.name_of(int(self.found.labels[y, x]))

    def _look(self) -> None:
        """Look again at what the objects are."""
        tracked = self._tracker.latest
        if tracked is not None:
            self.found = ClickedMasks.of_clicks(tracked, self._clicks)
