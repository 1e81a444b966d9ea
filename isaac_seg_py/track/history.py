"""The latest frames, in which an object can still be shown or corrected."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..errors import PromptError
from ..families.sam import Embedding
from ..geometry import Size
from ..images import RawImage
from ..prompts import Prompt

Floats = npt.NDArray[np.float32]


@dataclass
class Answered:
    """What is known of one object in one frame: its coarse mask, its place, how it was shown."""

    coarse: Floats
    quality: float
    presence: float
    prompt: Prompt | None = None
    followed: bool = False
    box: Floats | None = None


@dataclass
class Moment:
    """
    One frame: its stamp, what the network made of the image, and the answers for the objects.

    Without objects no image is encoded; a copy of it is kept, for an object that is shown later.
    """

    frame: int
    stamp: float
    size: tuple[int, int]
    image: RawImage | None
    embedding: Embedding | None = None
    answers: dict[Hashable, Answered] = field(default_factory=dict)

    def seen(self, encode: Callable[[RawImage], Embedding]) -> Embedding:
        """Return what the network makes of the image, which is encoded once."""
        if self.embedding is None:
            assert self.image is not None
            self.embedding, self.image = encode(self.image), None
        return self.embedding


class History:
    """The latest frames, the newest last; their stamps never go back."""

    def __init__(self, limit: int) -> None:
        """Keep up to so many frames."""
        self._moments: deque[Moment] = deque(maxlen=limit)

    def __bool__(self) -> bool:
        """Say whether there is a frame."""
        return bool(self._moments)

    def __iter__(self) -> Iterator[Moment]:
        """Iterate from the oldest frame to the newest."""
        return iter(self._moments)

    @property
    def latest(self) -> Moment | None:
        """Return the newest frame."""
        return self._moments[-1] if self._moments else None

    @property
    def size(self) -> Size | None:
        """Return the size of the newest image."""
        return self._moments[-1].size if self._moments else None

    def meant(self, stamp: float | None) -> Moment | None:
        """Return the frame at a stamp, the newest without one; None where it is to come."""
        latest = self.latest
        if stamp is None or latest is None:
            return latest
        return None if stamp > latest.stamp else self.at(stamp)

    def add(self, moment: Moment) -> None:
        """Take a frame; where its stamp goes back, the frames before it are forgotten."""
        if self._moments and moment.stamp < self._moments[-1].stamp:
            self._moments.clear()
        self._moments.append(moment)

    def at(self, stamp: float) -> Moment:
        """Return the latest frame that is no later than a stamp."""
        for moment in reversed(self._moments):
            if moment.stamp <= stamp:
                return moment
        kept = f'{self._moments[0].stamp} to {self._moments[-1].stamp}' if self else 'none'
        raise PromptError(
            f'the frame at {stamp} is no longer kept; kept are {kept}. Raise history_frames, or '
            'show the object in a newer frame'
        )

    def after(self, frame: int) -> list[Moment]:
        """Return the frames behind one."""
        return [moment for moment in self._moments if moment.frame > frame]

    def rename(self, old: Hashable, new: Hashable) -> None:
        """Give an object another name in all frames."""
        for moment in self._moments:
            if old in moment.answers:
                moment.answers[new] = moment.answers.pop(old)

    def forget(self, name: Hashable) -> None:
        """Forget the answers for an object."""
        for moment in self._moments:
            moment.answers.pop(name, None)
