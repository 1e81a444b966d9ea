"""What the page can ask for: pictures, masks for clicks, and the list of objects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import threading
import time
from typing import Any, Final

import cv2
import numpy as np

from .clicks import Clicks
from .document import counts_by_image, Document
from .follower import Follower
from .marks import Mark
from .named_pictures import NamedPictures
from .pictures import Pictures
from .prompter import Prompter
from .refusal import Refusal
from .tracks import Tracks
from .. import rle
from ..closing import Closing
from ..errors import ConfigError
from ..picture_files import Picture
from ..promptable import PromptableSegmenter

Answer = dict[str, Any]
Live = Callable[[], 'tuple[str, Picture] | None']
_QUALITY: Final = 95


class Session(Closing):
    """Holds pictures, network and objects; may be used by many threads."""

    def __init__(
        self,
        sam: PromptableSegmenter,
        pictures: Pictures,
        document: Document,
        follower: Follower,
        live: Live | None = None,
    ) -> None:
        """Take what is open, which is closed with this; `live` gives a topic's latest frame."""
        self._pictures, self._document, self._live = pictures, document, live
        self._model = sam.manifest.name
        self._names = NamedPictures(pictures, document, self._read)
        self._removed: dict[int, Mark] = {}
        self._reading = threading.Lock()
        self._writing = threading.RLock()
        self._tracks = Tracks(follower, document, self._names, self._read, self._writing)
        self.prompter = Prompter(sam, self._read)

    def overview(self) -> Answer:
        """Return what there is to do."""
        with self._writing:
            counts = counts_by_image(self._document.marks)
            ids = [self._names.known_id(index) for index in range(len(self._pictures))]
            return {
                'model': self._model,
                'file': str(self._document.path),
                'live': self._live is not None,
                'pictures': len(ids),
                'counts': {i: counts[known] for i, known in enumerate(ids) if known in counts},
                'categories': self._categories(),
            }

    def picture(self, index: int) -> Answer:
        """Return the name, the size and the objects of a picture."""
        height, width = self._read(index).shape[:2]
        with self._writing:
            if self._names.known_id(index):
                self._names.image_id(index, (height, width))
            found = self._names.marks_of(index)
        return {
            'name': self._pictures[index].name,
            'width': width,
            'height': height,
            'objects': [one.to_page() for one in found],
        }

    def jpeg(self, index: int) -> bytes:
        """Return a picture as a JPEG file."""
        return _jpeg(self._read(index))

    def encode(self, index: int) -> Answer:
        """Make a picture ready to be clicked on."""
        return {'ms': self.prompter.encode(self._checked(index)) * 1e3}

    def ask(self, index: int, clicks: Clicks, page: str, turn: int) -> Answer:
        """Return the mask that clicks show, which `keep` makes an object."""
        begin = time.perf_counter()
        shown = self.prompter.ask(self._checked(index), clicks, page, turn)
        return {
            'answer': shown.id,
            'mask': rle.encode(shown.mask),
            'area': int(np.count_nonzero(shown.mask)),
            'score': shown.score,
            'stability': shown.stability,
            'ms': (time.perf_counter() - begin) * 1e3,
        }

    def keep(self, answer: int, category: int, name: str, replaces: int) -> Answer:
        """Make an answer an object, in the place of another one where that is not 0."""
        shown = self.prompter.answered(answer)
        if not shown.mask.any():
            raise Refusal(400, 'the mask is empty; click on the object once more')
        with self._writing:
            self._names.write_frame(shown.picture)
            image_id = self._names.image_id(shown.picture, shown.mask.shape)
            old = self._mark(replaces) if replaces else None
            if old is not None and old.image_id != image_id:
                raise Refusal(409, f'object {replaces} is of another picture; load the page anew')
            mark = Mark.of(
                shown.mask,
                id=replaces,
                image_id=image_id,
                category_id=category,
                name=name,
                clicks=shown.clicks,
                score=shown.score,
                stability=shown.stability,
                track=0 if old is None else old.track,
            )
            return self._changed(self._document.put(mark))

    def change(self, number: int, category: int, name: str) -> Answer:
        """Give an object another class or name, in all pictures that it was followed through."""
        with self._writing:
            mark = self._document.put(replace(self._mark(number), category_id=category, name=name))
            for one in self._document.track(mark.track):
                self._document.put(replace(one, category_id=category, name=mark.name))
            return self._changed(mark)

    def remove(self, number: int) -> Answer:
        """Take an object out of the list."""
        with self._writing:
            self._mark(number)
            self._removed[number] = self._document.remove(number)
            return self._changed(self._removed[number])

    def restore(self, number: int) -> Answer:
        """Bring an object back that was removed."""
        with self._writing:
            if number not in self._removed or number in self._document.marks:
                raise Refusal(404, f'object {number} was not removed here')
            mark = self._removed.pop(number)
            if any(one.image_id == mark.image_id for one in self._document.track(mark.track)):
                # It was found anew meanwhile: what comes back is an object of its own.
                mark = replace(mark, track=0)
            return self._changed(self._document.put(mark))

    def follow(self, index: int, objects: list[Any]) -> Answer:
        """Find objects of a picture again in the next one; see `Tracks.follow`."""
        if self._checked(index) + 1 == len(self._pictures):
            raise Refusal(404, 'this is the last picture; nothing is behind it')
        return {'seen': self._tracks.follow(index, objects), **self._saved()}

    def add_category(self, name: str) -> Answer:
        """Add a class."""
        with self._writing:
            number = self._document.add_category(name)
            return {'category': number, 'categories': self._categories(), **self._saved()}

    def save(self) -> Answer:
        """Write the file."""
        with self._writing:
            self._document.save()
            return {'saved': str(self._document.path)}

    def live_jpeg(self) -> bytes:
        """Return the latest frame of the topic as a JPEG file."""
        return _jpeg(self._latest()[1])

    def freeze(self) -> Answer:
        """Make the latest frame of the topic a picture."""
        name, picture = self._latest()
        with self._reading:
            return {'picture': self._pictures.freeze(name, picture)}

    def totals(self) -> tuple[int, int]:
        """Return how many objects there are, and on how many pictures."""
        with self._writing:
            counts = counts_by_image(self._document.marks)
        return sum(counts.values()), len(counts)

    def close(self) -> None:
        """Give back network and videos; what is being written is finished first."""
        with self._writing:
            self.prompter.close()
        self._tracks.close()
        with self._reading:
            self._pictures.close()

    def _changed(self, mark: Mark) -> Answer:
        return {'object': mark.to_page(), **self._saved()}

    def _saved(self) -> Answer:
        """Save; where that fails all stays as it is, and the page tells of it."""
        try:
            return self.save()
        except ConfigError as error:
            return {'problem': str(error)}

    def _mark(self, number: int) -> Mark:
        mark = self._document.marks.get(number)
        if mark is None:
            raise Refusal(404, f'there is no object {number}; load the page anew')
        return mark

    def _categories(self) -> list[Answer]:
        return [{'id': i, 'name': name} for i, name in self._document.categories.items()]

    def _latest(self) -> tuple[str, Picture]:
        if self._live is None:
            raise Refusal(404, 'no topic is shown; start with --topic')
        found = self._live()
        if found is None:
            raise Refusal(503, 'no image has come on the topic yet')
        return found

    def _checked(self, index: int) -> int:
        if not 0 <= index < len(self._pictures):
            raise Refusal(404, f'there is no picture {index}; {len(self._pictures)} are here')
        return index

    def _read(self, index: int) -> Picture:
        with self._reading:
            return self._pictures.read(self._checked(index))


def _jpeg(picture: Picture) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    _, content = cv2.imencode('.jpg', cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), options)
    return content.tobytes()
