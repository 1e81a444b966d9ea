"""VideoTracker: objects are shown once and followed through video, without ROS."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from threading import RLock
from typing import Any

import numpy as np
import numpy.typing as npt

from .adoption import Adoption, carry_out, carry_out_late
from .following import Following
from .history import Moment
from .picture import shown
from .showing import check_stamp, Showing
from .tracked import Tracked
from .waiting import Waiting
from ..catalog.manifest import Manifest
from ..catalog.model_folders import find_manifest
from ..closing import Closing
from ..errors import PromptError
from ..families.sam2 import FollowingNetwork
from ..families.sam2_opening import open_sam2
from ..images import RawImage
from ..track_config import TrackConfig


class VideoTracker(Closing):
    """
    Follows objects that are shown by a box, by points or by a mask.

        with VideoTracker.open('tiny-sam2') as track:
            track.add('cup', box=(x1, y1, x2, y2))     # holds for the next image
            seen = track(image)                        # Tracked: masks, boxes, ids, scores
            track.update('cup', points=[(x, y)], labels=[0])   # corrects what was just seen

    Images may have stamps, in any unit; without them they are counted. Where a stamp goes back,
    objects are still followed, but can no longer be shown in the images before. Images of another
    size change nothing. Methods may be called from several threads.
    """

    def __init__(self, manifest: Manifest, network: FollowingNetwork) -> None:
        """Take a network that is ready; `VideoTracker.open` makes one."""
        self.manifest = manifest
        self._network = network
        self._following = Following(network)
        self._waiting = Waiting()
        self._adoption = Adoption()
        self._lock = RLock()

    @classmethod
    def open(cls, model: str, **settings: Any) -> VideoTracker:
        """
        Open a model by its name or its manifest file.

        `settings` are those of `InferConfig`, `EncodeConfig` and `TrackConfig`, by name.
        """
        manifest = find_manifest(model)
        return cls(manifest, open_sam2(manifest, **settings))

    @property
    def ids(self) -> tuple[Hashable, ...]:
        """Return the names of the objects, with those that wait for an image."""
        with self._lock:
            return (*(one.id for one in self._following.roster), *self._waiting.names)

    @property
    def class_ids(self) -> set[int]:
        """Return the classes of the objects, with those that wait for an image."""
        with self._lock:
            return {one.class_id for one in self._following.roster} | self._waiting.class_ids

    @property
    def latest(self) -> Tracked | None:
        """Return the objects in the newest image, as they stand now; None before the first."""
        with self._lock:
            moment = self._following.history.latest
            return None if moment is None else self._shown(moment)

    def add(
        self,
        name: Hashable,
        *,
        box: Any = None,
        points: Any = None,
        labels: Any = None,
        mask: Any = None,
        class_id: int = 0,
        stamp: float | None = None,
    ) -> None:
        """
        Follow an object that is shown by its box x1, y1, x2, y2, by points or by its mask.

        Points are (x, y) or a list of them, `labels` 1 on the object and 0 beside it; a mask is
        (H, W). Without a stamp it is shown in the next image, else in the image of that time:
        one of the latest `history_frames`, or one that is still to come.
        """
        with self._lock:
            if name in self.ids:
                raise PromptError(
                    f'object {name!r} is followed already; update it, or remove it first'
                )
            if len(self.ids) >= (most := self._following.roster.most):
                full = f'{len(self.ids)} objects are followed; {most} is the most'
                raise PromptError(f'{full}. Remove one, or raise max_num_objects')
            showing = Showing(name, class_id, points, labels, box, mask, stamp)
            moment = self._following.history.meant(stamp) if stamp is not None else None
            if moment is not None:
                self._following.start([(showing, showing.prompt(moment.size, warn=True))], moment)
            else:
                self._waiting.add(showing, size=self._following.history.size)

    def update(
        self,
        name: Hashable,
        *,
        points: Any = None,
        labels: Any = None,
        box: Any = None,
        mask: Any = None,
        stamp: float | None = None,
        replace: bool = False,
    ) -> None:
        """
        Correct an object in the newest image, or in that of a stamp.

        Points are added to those that it was shown by in that image; a box, a mask or `replace`
        takes their place. What was seen since is worked out again.
        """
        with self._lock:
            showing = Showing(name, 0, points, labels, box, mask, stamp, is_new=False)
            if name not in self._following.roster and name in self.ids:
                raise PromptError(f'object {name!r} waits for its first image; correct it then')
            one = self._following.roster[name]
            moment = self._following.history.meant(stamp)
            if moment is None:
                self._waiting.add(showing, size=self._following.history.size)
            else:
                prompt = showing.prompt(moment.size, warn=True)
                self._following.correct(one, prompt, moment, anew=replace)

    def remove(self, name: Hashable) -> None:
        """Follow an object no longer; the numbers of the others stay."""
        with self._lock:
            if not self._waiting.forget(name) or name in self._following.roster:
                self._following.remove(name)

    def clear(self) -> None:
        """Follow nothing any more."""
        with self._lock:
            for name in self.ids:
                self.remove(name)

    def rename(self, old: Hashable, new: Hashable) -> None:
        """Give an object another name."""
        with self._lock:
            if new in self.ids:
                raise PromptError(f'object {new!r} is followed already; take another name')
            if old not in self._waiting.names:
                self._following.rename(self._following.roster[old], new)
            self._waiting.rename(old, new)

    def adopt(
        self,
        boxes: npt.ArrayLike,
        *,
        class_ids: Sequence[int] | None = None,
        names: Sequence[str] | None = None,
        stamp: float | None = None,
    ) -> list[Hashable | None]:
        """
        Follow what a detector found in the newest image, or in that of a stamp.

        A box of an object that is followed changes nothing, unless the object was lost, or is
        followed where no box is: then it is found again. The others become objects, named after
        `names`; where there is no room, one that a detector brought and has missed for long goes.
        Returns the name of the object of each box, None where there was no room; of an image that
        is still to come a new name may not last: then its box was of an object that moved there.
        """
        with self._lock:
            check_stamp(stamp)
            following, least = self._following, self._network.config.adopt_iou
            moment = following.history.meant(stamp)
            places, most = following.places(moment), following.roster.most
            if moment is None:
                places += self._waiting.places
            plan = self._adoption.plan(boxes, class_ids, names, places, self.ids, least, most)
            if moment is not None:
                carry_out(plan, following, moment)
            else:
                self._waiting.add(*plan.to_wait(stamp), size=following.history.size)
                for name in plan.gone:
                    self.remove(name)
            return plan.names

    def __call__(
        self, image: npt.NDArray[np.uint8] | RawImage, stamp: float | None = None
    ) -> Tracked:
        """Follow the objects in the next image: (H, W, 3) uint8 RGB, grey, or a RawImage."""
        return self.track(image, stamp)

    def track(
        self, image: npt.NDArray[np.uint8] | RawImage, stamp: float | None = None
    ) -> Tracked:
        """Follow the objects in the next image."""
        with self._lock:
            following = self._following
            check_stamp(stamp)
            now = float(following.count) if stamp is None else stamp
            due = self._waiting.due(now)
            moment = following.next(RawImage.of(image), now, needed=bool(due))
            self._waiting.drop(due)
            refused: list[tuple[Hashable, str]] = []
            new, found = [], []
            for showing in due:
                try:
                    prompt = showing.prompt(moment.size, warn=not showing.is_found)
                    if showing.is_found:
                        found.append(showing)
                    elif showing.is_new:
                        new.append((showing, prompt))
                    else:
                        following.correct(following.roster[showing.id], prompt, moment)
                except PromptError as error:
                    refused.append((showing.id, str(error)))
            following.start(new, moment)
            carry_out_late(found, following, moment, self._network.config.adopt_iou)
            return self._shown(moment, tuple(refused))

    def hasten(self, after: float, stamp: float) -> None:
        """Show in the image of a stamp what waits for images after a time."""
        with self._lock:
            self._waiting.hasten(after, stamp)

    def change(self, config: TrackConfig) -> None:
        """Take live settings anew."""
        with self._lock:
            self._following.change(config)

    def __repr__(self) -> str:
        """Return the model, and how much is followed."""
        return f'VideoTracker({self.manifest.name!r}, {len(self.ids)} objects)'

    def close(self) -> None:
        """Give back what the networks hold; closing twice is harmless."""
        self._network.close()

    def _shown(self, moment: Moment, refused: tuple[tuple[Hashable, str], ...] = ()) -> Tracked:
        return shown(self._following, moment, self.manifest.labels, refused)
