"""Objects that are followed from picture to picture, and what becomes of that in the document."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
import threading
from typing import Any

from .document import Document
from .follower import Follower, Found
from .marks import Mark
from .named_pictures import NamedPictures
from .refusal import Refusal
from .. import rle
from ..closing import Closing
from ..picture_files import Picture


class Tracks(Closing):
    """Follows objects a picture at a time; may be used by many threads."""

    def __init__(
        self,
        follower: Follower,
        document: Document,
        names: NamedPictures,
        read: Callable[[int], Picture],
        writing: AbstractContextManager[Any],
    ) -> None:
        """Take a follower, which is closed with this, and the lock of the document."""
        self._follower, self._document, self._names = follower, document, names
        self._read, self._writing = read, writing
        self._following = threading.Lock()

    def follow(self, index: int, objects: list[Any]) -> int:
        """
        Find objects of a picture again in the next one; without any, those of the step before.

        What a person marked in the next picture stays, and is learned. Returns how many objects
        are seen there.
        """
        with self._following:
            if objects:
                begun = {one.track: rle.decode(one.mask) for one in self._begun(index, objects)}
                self._follower.begin(index, self._read(index), begun)
            elif self._follower.picture != index:
                raise Refusal(409, 'nothing is followed in this picture; choose an object')
            followed = self._follower.tracks
            with self._writing:
                there = self._names.marks_of(index + 1)
            by_hand = [one for one in there if one.track in followed and one.clicks]
            fixed = {one.track: rle.decode(one.mask) for one in by_hand}
            found = self._follower.step(index + 1, self._read(index + 1), fixed)
            with self._writing:
                self._put(index + 1, found)
            return len(found) + len(fixed)

    def close(self) -> None:
        """Give the networks back; a step that is under way is finished first."""
        with self._following:
            self._follower.close()

    def _begun(self, index: int, objects: list[Any]) -> list[Mark]:
        """Return objects of a picture, each with a track, which has the number of the first."""
        with self._writing:
            there = {one.id: one for one in self._names.marks_of(index)}
            strange = [one for one in objects if type(one) is not int or one not in there]
            if strange:
                raise Refusal(404, f'object {strange[0]!r} is not of this picture')
            return [
                self._document.put(replace(there[one], track=there[one].track or one))
                for one in objects
            ]

    def _put(self, index: int, found: list[Found]) -> None:
        """Write what was found in a picture, in the place of what was found in it before."""
        if found:
            # Before anything is taken out: both may fail.
            self._names.write_frame(index)
            self._names.image_id(index, found[0].mask.shape)
        followed = self._follower.tracks
        before = {
            one.track: self._document.remove(one.id)
            for one in self._names.marks_of(index)
            if one.track in followed and not one.clicks
        }
        for one in found:
            like = self._document.track(one.track)
            if not like:
                # Somebody deleted it everywhere meanwhile.
                continue
            mark = Mark.of(
                one.mask,
                id=before[one.track].id if one.track in before else 0,
                image_id=self._names.image_id(index, one.mask.shape),
                category_id=like[0].category_id,
                name=like[0].name,
                clicks=None,
                score=one.score,
                stability=None,
                track=one.track,
            )
            self._document.put(mark)
