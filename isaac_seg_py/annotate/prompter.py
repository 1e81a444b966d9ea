"""The network of a session: each picture is encoded once, and only the newest question counts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
import threading
import time
from typing import Final

import numpy as np
import numpy.typing as npt

from .clicks import Clicks
from .refusal import Refusal
from ..closing import Closing
from ..families.sam import Embedding
from ..picture_files import Picture
from ..promptable import PromptableSegmenter
from ..prompts import OBJECT

_EMBEDDINGS: Final = 4
_ANSWERS: Final = 16
_PAGES: Final = 64


@dataclass(frozen=True, eq=False)
class Shown:
    """A mask (H, W) that was found for clicks on a picture, and how sure the network is of it."""

    id: int
    picture: int
    clicks: Clicks
    mask: npt.NDArray[np.bool_]
    score: float
    stability: float


class Prompter(Closing):
    """Asks a network that many threads share, one at a time."""

    def __init__(self, sam: PromptableSegmenter, read: Callable[[int], Picture]) -> None:
        """Take a network, which is closed with this, and what reads a picture by its number."""
        self._sam, self._read = sam, read
        self._network = threading.Lock()
        self._turns = threading.Lock()
        self._seen: OrderedDict[int, Embedding] = OrderedDict()
        self._answers: OrderedDict[int, Shown] = OrderedDict()
        self._newest: OrderedDict[str, int] = OrderedDict()
        self._count = 0

    @property
    def images_encoded(self) -> int:
        """Return how many pictures went through the encoder."""
        return self._sam.images_encoded

    def encode(self, picture: int) -> float:
        """Make a picture ready to be asked about; return the seconds that took."""
        begin = time.perf_counter()
        with self._network:
            self._encoded(picture)
        return time.perf_counter() - begin

    def ask(self, picture: int, clicks: Clicks, page: str, turn: int) -> Shown:
        """
        Return what clicks show.

        `turn` counts the questions of a page: one that waits while a newer one comes is refused.
        """
        if clicks.box is None and OBJECT not in clicks.labels:
            raise Refusal(
                400, 'only clicks beside the object came; click on it, or drag around it'
            )
        with self._turns:
            self._newest[page] = max(turn, self._newest.get(page, 0))
            self._newest.move_to_end(page)
            while len(self._newest) > _PAGES:
                self._newest.popitem(last=False)
        with self._network:
            if self._newest.get(page, turn) > turn:
                raise Refusal(409, 'a newer question came')
            answer = self._sam.ask(self._encoded(picture), **clicks.prompts())
            if not len(answer.objects):
                raise Refusal(500, 'the network gave no mask')
            self._count += 1
            shown = Shown(
                self._count,
                picture,
                clicks,
                answer.objects.masks[0],
                float(answer.objects.scores[0]),
                float(answer.stability[0]),
            )
            self._answers[shown.id] = shown
            while len(self._answers) > _ANSWERS:
                self._answers.popitem(last=False)
            return shown

    def answered(self, number: int) -> Shown:
        """Return an earlier answer."""
        with self._network:
            shown = self._answers.get(number)
        if shown is None:
            raise Refusal(409, 'this mask is not known any more; click once more')
        return shown

    def close(self) -> None:
        """Give the network back once it is idle."""
        with self._network:
            self._seen.clear()
            self._sam.close()

    def _encoded(self, picture: int) -> Embedding:
        seen = self._seen.get(picture)
        if seen is None:
            seen = self._seen[picture] = self._sam.encode(self._read(picture))
        self._seen.move_to_end(picture)
        while len(self._seen) > _EMBEDDINGS:
            self._seen.popitem(last=False)
        return seen
