"""Objects, their memory and the latest frames, kept in step."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
import logging
from typing import Final

import numpy as np
import numpy.typing as npt

from .history import Answered, History, Moment
from .place import on_image, Place
from .roster import Followed, Roster
from .showing import corrected, Showing
from ..decode.prompted import MaskGrower
from ..errors import PromptError
from ..families.sam2 import FollowingNetwork
from ..families.sam2_answers import Ask, Seen
from ..images import RawImage
from ..prompt_config import PromptConfig
from ..prompts import OBJECT, Prompt
from ..track_config import TrackConfig

Floats = npt.NDArray[np.float32]

_LOG: Final = logging.getLogger(__name__)
_NO_FRAME: Final = -1
# So few may hold no pixel: between cells that are hardly inside lies nothing.
_FEW_CELLS: Final = 16


class Following:
    """Follows the objects of a roster from frame to frame, and works frames out again."""

    def __init__(self, network: FollowingNetwork) -> None:
        """Begin with no object and no frame."""
        self.network = network
        self.roster = Roster(network.config.max_num_objects)
        self.history = History(network.config.history_frames)
        self._bank = network.new_bank()
        self._frame = _NO_FRAME
        self.change(network.config)

    def change(self, config: TrackConfig) -> None:
        """Take live settings anew; the others are those that memory was set aside for."""
        self.network.config = config
        self.grow = MaskGrower(PromptConfig(mask_threshold=config.mask_threshold))

    @property
    def count(self) -> int:
        """Return the number of the next frame, which is its stamp where it comes without one."""
        return self._frame + 1

    def next(self, image: RawImage, stamp: float, *, needed: bool) -> Moment:
        """Follow all objects in the next image; without objects it is only kept."""
        frame = self.count
        moment = Moment(frame, stamp, image.size, image)
        if len(self.roster) or needed:
            moment.seen(self.network.encode)
        else:
            # Whoever gave the image may write the next one over it.
            moment.image = replace(image, data=image.data.copy())
        self._step(list(self.roster), moment)
        self._frame = frame
        self.history.add(moment)
        return moment

    def start(self, new: Sequence[tuple[Showing, Prompt]], moment: Moment) -> None:
        """Take up objects that are shown in a frame, and follow them through those behind it."""
        if not new:
            return
        objects: list[Followed] = []
        try:
            for showing, _ in new:
                objects.append(self.roster.add(showing.id, showing.class_id, moment.stamp))
                self._bank.forget(objects[-1].row)
            asks = [Ask(one.row, prompt) for one, (_, prompt) in zip(objects, new, strict=True)]
            self._show(objects, asks, moment)
        except BaseException:
            for one in objects:
                self.remove(one.id)
            raise
        for showing, prompt in new:
            if not showing.is_found:
                self._warn_of_nothing(showing.id, prompt, moment)

    def correct(
        self,
        one: Followed,
        prompt: Prompt,
        moment: Moment,
        *,
        anew: bool = False,
        warn: bool = True,
    ) -> None:
        """
        Show an object again in a frame, and follow it again through those behind it.

        `anew` forgets how it was shown in that frame before, and how it looked; `warn` is for what
        a person typed: that nothing is found there is then told.
        """
        known = moment.answers.get(one.id)
        if known is None:
            raise PromptError(
                f'object {one.id!r} was not followed yet in the frame at {moment.stamp}; correct '
                'it in a later one'
            )
        # A mask of nothing would speak against the prompt, and a new mask needs no earlier one.
        is_helpful = self._is_seen(known, moment) and prompt.mask is None and not anew
        given = known.coarse if is_helpful else None
        earlier = None if anew else known.prompt
        ask = Ask(one.row, corrected(earlier, prompt), given, known.followed)
        self._bank.forget(one.row, after=moment.frame)
        self._show([one], [ask], moment)
        if warn:
            self._warn_of_nothing(one.id, prompt, moment)

    def remove(self, name: Hashable) -> None:
        """Let an object go, with all that is known of it."""
        self._bank.forget(self.roster.remove(name).row)
        self.history.forget(name)

    def rename(self, one: Followed, name: Hashable) -> None:
        """Give an object another name."""
        self.history.rename(one.id, name)
        self.roster.rename(one.id, name)

    def places(self, moment: Moment | None) -> list[Place]:
        """Return where the objects are in a frame, or where they were last seen."""
        if moment is None or moment.embedding is None:
            return [Place.unseen(one) for one in self.roster]
        threshold, view = self.network.config.mask_threshold, moment.embedding.view
        found = []
        for one in self.roster:
            known = moment.answers.get(one.id)
            if known is None or not self._is_seen(known, moment):
                found.append(Place.unseen(one))
            else:
                found.append(Place.seen(one, known.coarse > threshold, view))
        return found

    def is_lost(self, one: Followed, moment: Moment) -> bool:
        """Say whether an object was followed in a frame, and not seen in it."""
        known = moment.answers.get(one.id)
        return known is not None and not self._is_seen(known, moment)

    def _show(self, objects: list[Followed], asks: list[Ask], moment: Moment) -> None:
        seen = self.network.show(self._bank, asks, moment.frame, moment.seen(self.network.encode))
        self._record(objects, seen, moment, asks)
        for later in self.history.after(moment.frame):
            self._step(objects, later)

    def _step(self, objects: list[Followed], moment: Moment) -> None:
        if not objects:
            return
        rows = [one.row for one in objects]
        embedding = moment.seen(self.network.encode)
        seen = self.network.step(self._bank, rows, moment.frame, embedding)
        self._record(objects, seen, moment)

    def _record(
        self,
        objects: list[Followed],
        seen: Seen,
        moment: Moment,
        asks: Sequence[Ask | None] = (),
    ) -> None:
        """Note the answers of a frame; without asks the objects were followed in it."""
        for index, one in enumerate(objects):
            ask = asks[index] if asks else None
            known = Answered(
                seen.coarse[index],
                float(seen.quality[index]),
                float(seen.presence[index]),
                ask.prompt if ask else None,
                ask.followed if ask else True,
            )
            moment.answers[one.id] = known
            if self._is_seen(known, moment):
                one.last_seen = moment.stamp

    def _warn_of_nothing(self, name: Hashable, prompt: Prompt, moment: Moment) -> None:
        """Tell that an object is not found where it is shown; points beside it show nothing."""
        says_where = prompt.box is not None or (prompt.labels == OBJECT).any()
        if says_where and not self._is_seen(moment.answers[name], moment):
            _LOG.warning(
                'nothing is found where object %r is shown; show it by a closer box, or by points '
                'on it', name,
            )  # fmt: skip

    def _is_seen(self, known: Answered, moment: Moment) -> bool:
        """Say whether an object is there: networks also find present what has no pixel."""
        config = self.network.config
        if known.presence <= config.presence_threshold:
            return False
        assert moment.embedding is not None
        view = moment.embedding.view
        cells = np.count_nonzero(on_image(known.coarse, view) > config.mask_threshold)
        if 0 < cells <= _FEW_CELLS:
            return not self.grow(known.coarse, view).is_empty
        return bool(cells)
