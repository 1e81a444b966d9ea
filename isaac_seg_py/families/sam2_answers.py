"""What Segment Anything 2 is asked in a frame, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from .sam2_contract import Sam2Contract
from .sam2_masks import chosen
from .sam2_store import is_whole
from ..errors import BackendError
from ..prompts import Prompt
from ..tensors import Tensors
from ..track_config import TrackConfig

Floats = npt.NDArray[np.float32]
_ABSENT: Final = -10.0


@dataclass(frozen=True, eq=False)
class Seen:
    """
    What the network saw of some objects in one frame.

    `coarse` (B, h, w) are raw scores over the canvas, `quality` (B,) the predicted IoU, `presence`
    (B,) the raw score that the object is there at all.
    """

    coarse: Floats
    quality: Floats
    presence: Floats


@dataclass(frozen=True, eq=False)
class Ask:
    """
    An object that is shown in a frame, and its row in the bank.

    `earlier` is the coarse mask that is corrected. `followed` says that the object was found in
    this frame by its memory, which then helps.
    """

    row: int
    prompt: Prompt
    earlier: Floats | None = None
    followed: bool = False


class Answers:
    """Gathers what comes in groups in the order in which it was asked for."""

    def __init__(self, count: int, contract: Sam2Contract) -> None:
        self.seen = Seen(
            np.empty((count, *contract.mask), np.float32),
            np.empty(count, np.float32),
            np.empty(count, np.float32),
        )

    def put(self, place: int, coarse: Floats | float, quality: float, presence: float) -> None:
        seen = self.seen
        seen.coarse[place], seen.quality[place], seen.presence[place] = coarse, quality, presence

    def check(self, place: int, is_remembered: bool, pointer: Floats) -> bool:
        """Say whether all is right with an answer; without that the object is not seen."""
        seen = self.seen
        row = seen.coarse[place], seen.quality[place], seen.presence[place]
        if is_remembered and is_whole(*row, pointer):
            return True
        self.put(place, _ABSENT, 0, _ABSENT)
        return False

    def need(self, place: int, ask: Ask, is_remembered: bool, pointer: Floats) -> None:
        """Raise BackendError where an object that is shown has no answer."""
        if not self.check(place, is_remembered, pointer):
            raise BackendError(
                f'the network answered object {ask.prompt.id!r} with NaN or infinite numbers, so '
                'that it cannot be followed; the model or its precision is broken'
            )

    def take(
        self, places: list[int], answer: Tensors, clicks: int, config: TrackConfig
    ) -> tuple[Floats, Floats]:
        """Choose of the decoder's answers; return the coarse masks and the pointers."""
        mask, pointer = chosen(answer, clicks, config)
        each = np.arange(len(places))
        coarse: Floats = answer['low_res_masks'][each, mask]
        quality = answer['iou_predictions'][each, mask]
        presence = answer['object_score_logits'][:, 0]
        for index, place in enumerate(places):
            self.put(place, coarse[index], quality[index], presence[index])
        pointers: Floats = answer['obj_ptrs'][each, pointer]
        return coarse, pointers
