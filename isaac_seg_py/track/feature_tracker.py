"""FeatureTracker: objects are followed by their looks, with a network that knows single images."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .looks import Looks
from .roster import Roster
from .search import Search, Sighting
from .showing import check_stamp, Showing
from .tracked import Tracked
from ..catalog.manifest import Manifest
from ..catalog.model_folders import find_manifest
from ..closing import Closing
from ..errors import ModelError, PromptError
from ..families.sam import Embedding, open_sam, PromptedNetwork
from ..geometry import Size
from ..images import RawImage
from ..instance_masks import InstanceMasks
from ..prompts import OBJECT

_MOST: Final = 255


class FeatureTracker(Closing):
    """
    Follows objects with Segment Anything for images, such as tiny-sam, and no memory network.

    Each image is encoded once. Where features look most like those of the object, and where it
    was, the decoder is asked for its mask; that which looks most alike is taken, or none.

        with FeatureTracker.open('tiny-sam') as track:
            track.add('cup', box=(x1, y1, x2, y2))     # holds for the next image
            seen = track(image)                        # Tracked, as of a VideoTracker
    """

    def __init__(
        self, manifest: Manifest, network: PromptedNetwork, *, least_likeness: float = 0.7
    ) -> None:
        """Take a network that is ready; what looks less alike than `least_likeness` is hidden."""
        self.manifest = manifest
        self._network = network
        self._search = Search(network, least_likeness)
        self._roster = Roster(_MOST)
        self._waiting: list[Showing] = []
        self._frame = -1

    @classmethod
    def open(cls, model: str, *, least_likeness: float = 0.7, **settings: Any) -> FeatureTracker:
        """
        Open a model by its name or its manifest file.

        `settings` are those of `InferConfig`, `EncodeConfig` and `PromptConfig`, by name.
        """
        manifest = find_manifest(model)
        if not manifest.parts:
            raise ModelError(
                f'model {manifest.name} is one network without features to compare; take one that '
                'has an encoder and a decoder, such as tiny-sam'
            )
        return cls(manifest, open_sam(manifest, **settings), least_likeness=least_likeness)

    @property
    def ids(self) -> tuple[Hashable, ...]:
        """Return the names of the objects, with those that wait for an image."""
        known = [one.id for one in self._roster]
        return (*known, *(one.id for one in self._waiting if one.id not in self._roster))

    def add(self, name: Hashable, *, class_id: int = 0, **shown: Any) -> None:
        """Follow an object that is shown in the next image: by `box`, or `points` and `labels`."""
        if name in self.ids:
            raise PromptError(
                f'object {name!r} is followed already; update it, or remove it first'
            )
        if len(self.ids) >= _MOST:
            raise PromptError(f'{_MOST} objects are followed; that is the most. Remove one')
        self._waiting.append(Showing(name, class_id, **{**shown, 'stamp': None}))

    def update(self, name: Hashable, **shown: Any) -> None:
        """Show an object anew in the next image."""
        one = self._roster[name]
        given = {**shown, 'stamp': None, 'is_new': False}
        self._waiting.append(Showing(name, one.class_id, **given))

    def remove(self, name: Hashable) -> None:
        """Follow an object no longer; the numbers of the others stay."""
        if name not in self.ids:
            self._roster.remove(name)
        self._waiting = [one for one in self._waiting if one.id != name]
        if name in self._roster:
            self._roster.remove(name)
            del self._search.known[name]

    def clear(self) -> None:
        """Follow nothing any more."""
        for name in self.ids:
            self.remove(name)

    def __call__(
        self, image: npt.NDArray[np.uint8] | RawImage, stamp: float | None = None
    ) -> Tracked:
        """Follow the objects in the next image: (H, W, 3) uint8 RGB, grey, or a RawImage."""
        return self.track(image, stamp)

    def track(
        self, image: npt.NDArray[np.uint8] | RawImage, stamp: float | None = None
    ) -> Tracked:
        """Follow the objects in the next image."""
        check_stamp(stamp)
        raw = RawImage.of(image)
        self._frame += 1
        now = float(self._frame) if stamp is None else stamp
        found: dict[Hashable, Sighting] = {}
        refused: list[tuple[Hashable, str]] = []
        waiting, self._waiting = self._waiting, []
        if waiting or len(self._roster):
            seen = self._network.encode(raw)
            looks = Looks(seen)
            found = self._search.find(seen, looks, now)
            for showing in waiting:
                try:
                    known = found.get(showing.id, Sighting())
                    found[showing.id] = self._show(showing, known, seen, looks, now)
                except PromptError as error:
                    refused.append((showing.id, str(error)))
        return self._tracked(found, raw.size, now, tuple(refused))

    def close(self) -> None:
        """Give back what the networks hold; closing twice is harmless."""
        self._network.close()

    def _show(
        self, showing: Showing, known: Sighting, seen: Embedding, looks: Looks, now: float
    ) -> Sighting:
        prompt = showing.prompt(seen.view.image, warn=True)
        if prompt.box is None and prompt.mask is None and not (prompt.labels == OBJECT).any():
            # Points beside an object correct what was found of it in this image.
            if known.patch is None:
                raise PromptError(
                    f'object {showing.id!r} is not seen, and points beside it do not show it; '
                    'give a box or a point on it'
                )
            prompt = replace(prompt, box=np.array(known.patch.box, np.float32))
        if prompt.mask is not None:
            raise PromptError(
                f'object {showing.id!r} is shown by a mask, which this model does not follow; '
                'show it by a box or by points'
            )
        ((_, (answer,)),) = self._network.candidates(seen, [prompt], 'auto')
        patch = self._network.grow(answer.coarse, seen.view)
        if patch.is_empty:
            raise PromptError(f'no mask was found for object {showing.id!r}; show it otherwise')
        if showing.id not in self._roster:
            self._roster.add(showing.id, showing.class_id, now)
        one = self._roster[showing.id]
        one.last_seen = now
        return self._search.show(one, answer, patch, seen, looks)

    def _tracked(
        self,
        found: dict[Hashable, Sighting],
        size: Size,
        now: float,
        refused: tuple[tuple[Hashable, str], ...],
    ) -> Tracked:
        objects = list(self._roster)
        sightings = [found[one.id] for one in objects]
        masks = np.zeros((len(objects), *size), np.bool_)
        for mask, sighting in zip(masks, sightings, strict=True):
            if sighting.patch is not None:
                sighting.patch.paint(mask)
        visible = np.array([one.patch is not None for one in sightings], np.bool_)
        scores = np.array([one.score for one in sightings], np.float32).clip(0, 1)
        return Tracked(
            frame=self._frame,
            stamp=now,
            objects=InstanceMasks.of(
                masks,
                scores,
                np.array([one.class_id for one in objects], np.int64),
                ids=tuple(one.id for one in objects),
                by_score=False,
                class_names=self.manifest.labels,
            ),
            labels=np.array([one.label for one in objects], np.uint16),
            presence=np.array([one.likeness for one in sightings], np.float32).clip(0, 1),
            visible=visible,
            areas=np.array([np.count_nonzero(mask) for mask in masks], np.int64),
            ages=tuple(max(now - one.added, 0) for one in objects),
            unseen=tuple(max(now - one.last_seen, 0) for one in objects),
            refused=refused,
        )
