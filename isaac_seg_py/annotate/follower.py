"""Objects of one picture are found again in the next, by networks that remember them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..closing import Closing
from ..errors import PromptError
from ..picture_files import Picture
from ..track.tracked import Tracked
from ..track.tracker import VideoTracker

Mask = npt.NDArray[np.bool_]
_NOWHERE: Final = -1


@dataclass(frozen=True, eq=False)
class Found:
    """The mask (H, W) of a track in a picture, and how good it is thought to be."""

    track: int
    mask: Mask
    score: float


class Follower(Closing):
    """Follows tracks from picture to picture; for one thread at a time."""

    def __init__(self, open_tracker: Callable[[], VideoTracker]) -> None:
        """Take what opens the networks, which is done when they are needed."""
        self._open_tracker = open_tracker
        self._tracker: VideoTracker | None = None
        self._seen: dict[int, Mask] = {}
        self.picture = _NOWHERE

    @property
    def tracks(self) -> set[int]:
        """Return the tracks that are followed, in sight or not."""
        ids = self._tracker.ids if self._tracker else ()
        return {track for track in ids if isinstance(track, int)}

    def open(self) -> VideoTracker:
        """Open the networks, unless they are open."""
        if self._tracker is None:
            self._tracker = self._open_tracker()
        return self._tracker

    def begin(self, picture: int, image: Picture, shown: Mapping[int, Mask]) -> None:
        """
        Follow these tracks from a picture on, and no others.

        Where it is the picture that was come to, all that is remembered stays, and what was
        corrected in it is learned.
        """
        with self._networks() as tracker:
            if picture != self.picture:
                tracker.clear()
                _look(tracker, image, picture)
                for track, mask in shown.items():
                    tracker.add(track, mask=mask, stamp=float(picture))
            else:
                self._correct(tracker, shown)
            self._seen = dict(shown)
            self.picture = picture

    def step(self, picture: int, image: Picture, fixed: Mapping[int, Mask]) -> list[Found]:
        """
        Return what is seen of the tracks in the next picture.

        `fixed` are masks that are known already: they are learned, and not found anew.
        """
        with self._networks() as tracker:
            seen = _look(tracker, image, picture)
            found = [
                Found(track, seen.masks[index], float(seen.scores[index]))
                for index, track in enumerate(seen.ids)
                if isinstance(track, int) and seen.visible[index] and seen.masks[index].any()
            ]
            for track in set(fixed) & set(tracker.ids):
                tracker.update(track, mask=fixed[track])
            self._seen = {one.track: one.mask for one in found} | dict(fixed)
            self.picture = picture
            return [one for one in found if one.track not in fixed]

    def close(self) -> None:
        """Give the networks back."""
        if self._tracker is not None:
            self._tracker.close()

    def _correct(self, tracker: VideoTracker, shown: Mapping[int, Mask]) -> None:
        """Learn what is shown otherwise in the newest picture than it was seen there."""
        for gone in self.tracks - set(shown):
            tracker.remove(gone)
        for track, mask in shown.items():
            if track not in tracker.ids:
                tracker.add(track, mask=mask, stamp=float(self.picture))
            elif track not in self._seen or not np.array_equal(mask, self._seen[track]):
                tracker.update(track, mask=mask)

    @contextmanager
    def _networks(self) -> Iterator[VideoTracker]:
        """Give the tracker; after an error all that it remembers is forgotten."""
        tracker = self.open()
        try:
            yield tracker
        except BaseException:
            tracker.clear()
            self.picture = _NOWHERE
            raise


def _look(tracker: VideoTracker, image: Picture, picture: int) -> Tracked:
    seen = tracker.track(image, float(picture))
    if seen.refused:
        name, reason = seen.refused[0]
        raise PromptError(f'object {name}: {reason}')
    return seen
