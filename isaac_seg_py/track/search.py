"""Where objects are looked for in an image, and which mask each is taken for."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
import math
from typing import Final

import numpy as np
import numpy.typing as npt

from .looks import Box, Looks, unit
from .roster import Followed
from ..decode.prompted import Patch
from ..families.sam import Candidate, Embedding, PromptedNetwork
from ..geometry import View
from ..prompts import make_prompts, Prompt

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

# How often it is looked for besides where it was: where it looks alike.
_PLACES: Final = 2
# What a mask is worth beside its look: predicted quality, area as before, and how far away it is.
_QUALITY, _AREA, _AWAY = 0.3, 0.3, 0.2
# How much of what is known of an object stays with each image, and how fast the search widens.
_KEPT: Final = 0.9
_WIDER: Final = 0.25


@dataclass
class Known:
    """One object: how it looked at first and looks now, its place, pace and area on the canvas."""

    one: Followed
    first: Floats
    look: Floats
    box: Box
    area: float
    pace: npt.NDArray[np.float64]
    lost: int = 0


@dataclass(frozen=True, eq=False)
class Sighting:
    """What an object is taken for in an image; no patch while it is not seen."""

    likeness: float = 0.0
    score: float = 0.0
    patch: Patch | None = None


@dataclass(frozen=True, eq=False)
class _Guess:
    """A mask that an object may have: how good it is, and how it looks."""

    worth: float
    likeness: float
    look: Floats
    area: float
    answer: Candidate


class Search:
    """Knows how objects look, and finds them again."""

    def __init__(self, network: PromptedNetwork, least_likeness: float) -> None:
        """Take the network, and how much alike what is found has to look."""
        self._network, self._least = network, least_likeness
        self.known: dict[Hashable, Known] = {}

    def show(
        self, one: Followed, answer: Candidate, patch: Patch, seen: Embedding, looks: Looks
    ) -> Sighting:
        """Note how an object looks that is shown."""
        inside = self._inside(answer)
        look = looks.under(inside)
        box = seen.view.boxes_to_canvas(patch.box)
        area = float(np.count_nonzero(inside))
        self.known[one.id] = Known(one, look, look, box, area, np.zeros(2))
        return Sighting(1.0, answer.score, patch)

    def find(self, seen: Embedding, looks: Looks, now: float) -> dict[Hashable, Sighting]:
        """Find all objects in an image, and note how they look in it."""
        prompts: list[Prompt] = []
        owners: list[Known] = []
        for known in self.known.values():
            asked = self._asked(known, looks, seen.view)
            prompts += asked
            owners += [known] * len(asked)
        best: dict[Hashable, _Guess] = {}
        for place, (answer,) in self._network.candidates(seen, prompts, 'auto'):
            guess = self._guess(owners[place], answer, looks, seen.view)
            name = owners[place].one.id
            if guess is not None and (name not in best or guess.worth > best[name].worth):
                best[name] = guess
        return {
            name: self._settle(known, best.get(name), seen.view, now)
            for name, known in self.known.items()
        }

    def _guess(self, known: Known, answer: Candidate, looks: Looks, view: View) -> _Guess | None:
        inside = self._inside(answer)
        area = float(np.count_nonzero(inside))
        if not area:
            return None
        look = looks.under(inside)
        likeness = float(look @ (known.first + known.look)) / 2
        assert answer.prompt.box is not None
        box = view.boxes_to_canvas(answer.prompt.box)
        apart = math.dist(box[:2] + box[2:], known.box[:2] + known.box[2:]) / 2
        away = apart / math.dist(known.box[:2], known.box[2:])
        worth = likeness + _QUALITY * answer.score - _AWAY * away / (1 + known.lost)
        worth += _AREA * min(area / known.area, known.area / area)
        return _Guess(worth, likeness, look, area, answer)

    def _asked(self, known: Known, looks: Looks, view: View) -> list[Prompt]:
        """Return the prompts for an object: where it was, where it goes, where it looks alike."""
        boxes = [known.box, known.box + np.tile(known.pace, 2)][: 1 + bool(known.pace.any())]
        both = unit(known.first + known.look)
        boxes += looks.places(both, known.box, 1 + _WIDER * known.lost, _PLACES)
        height, width = view.image
        on_image = view.boxes_to_image(boxes).clip(0, (width, height, width, height))
        whole = (on_image[:, 2:] - on_image[:, :2] >= 2).all(1)
        return make_prompts(view.image, boxes=list(on_image[whole])) if whole.any() else []

    def _settle(self, known: Known, guess: _Guess | None, view: View, now: float) -> Sighting:
        """Take the best mask of an object for it, where it looks alike enough."""
        patch = None if guess is None else self._network.grow(guess.answer.coarse, view)
        is_unlike = guess is None or guess.likeness < self._least
        if guess is None or patch is None or patch.is_empty or is_unlike:
            known.lost += 1
            known.pace = known.pace / 2
            return Sighting(0.0 if guess is None else guess.likeness)
        box = view.boxes_to_canvas(patch.box)
        moved = (box[:2] + box[2:] - known.box[:2] - known.box[2:]) / 2
        known.pace = np.zeros(2) if known.lost else (known.pace + moved) / 2
        known.box, known.lost, known.one.last_seen = box, 0, now
        known.look = unit(np.float32(_KEPT) * known.look + np.float32(1 - _KEPT) * guess.look)
        known.area = _KEPT * known.area + (1 - _KEPT) * guess.area
        return Sighting(guess.likeness, guess.answer.score, patch)

    def _inside(self, answer: Candidate) -> Mask:
        found: Mask = answer.coarse > self._network.config.mask_threshold
        return found
