"""What requests, boxes and clicks mean to a tracker."""

from __future__ import annotations

from collections import deque
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Final

from isaac_ros_segment_anything2_interfaces.srv import AddObjects, RemoveObject
from isaac_seg_interfaces.msg import ObjectState, ObjectStateArray
from isaac_seg_interfaces.srv import ClearObjects, ListObjects, RenameObject, UpdateObject
from std_msgs.msg import Header

from .detections import Detection
from .follow_messages import ANY_SIZE, seconds, shown_by, wanted_by
from .packet import Packet
from .prompt_classes import ClassNumbers
from .prompt_images import Image, NoImage
from .prompt_outputs import named
from .tracked_outputs import states_of
from ..errors import PromptError
from ..families.sam2_requests import check_name, followed_now, unknown_object
from ..geometry import Size
from ..prompts import make_prompts
from ..track.tracked import Tracked
from ..track.tracker import VideoTracker
from ..track_config import TrackConfig

_OBJECT: Final = 'object'


class Follower:
    """
    Follows objects through images, and does what messages ask.

    Stamps are those of images: one that is not near them, as of another clock, means the newest.
    Requests are answered, or refused by a PromptError, and then nothing has changed.
    """

    def __init__(self, tracker: VideoTracker, config: TrackConfig, classes: ClassNumbers) -> None:
        """Take a tracker, which is closed with this, its settings, and the numbers of classes."""
        self._tracker = tracker
        self._classes = classes
        self._most = config.max_num_objects
        self._kept: deque[float] = deque(maxlen=config.history_frames)
        self._newest: Header | None = None
        self._size: Size | None = None
        self._clicked = 0
        self.ahead_s = self.tolerance_s = self.forget_after_s = 0.0

    def __len__(self) -> int:
        """Return the number of objects."""
        return len(self._tracker.ids)

    @property
    def newest(self) -> float | None:
        """Return the stamp of the newest image, None before the first."""
        return None if self._newest is None else seconds(self._newest)

    def see(self, image: Image) -> Tracked:
        """Follow the objects in the next image; let go of those not seen for too long."""
        stamp = seconds(image.header)
        if not self._kept or stamp < self._kept[-1]:
            # Another clock runs: what waits for a time that may not come is for this image.
            self._kept.clear()
            self._tracker.hasten(stamp + self.ahead_s, stamp)
        seen = self._tracker.track(image.value, stamp)
        self._kept.append(seen.stamp)
        self._newest, self._size = image.header, image.value.size
        for name, unseen in zip(seen.ids, seen.unseen, strict=True):
            if 0 < self.forget_after_s < unseen:
                self._tracker.remove(name)
        return self._in_words(seen)

    def add_objects(self, request: AddObjects.Request) -> AddObjects.Response:
        """Follow all objects of a request, or none of them."""
        size, stamp = self._size or ANY_SIZE, self._meant(request.request_header)
        added = []
        try:
            wanted = wanted_by(request).checked(self._names, self._most, size)
            with self._numbers('') as (number,):
                for one in wanted:
                    given = {'points': one.points or None, 'labels': one.labels or None}
                    self._tracker.add(one.id, box=one.box, **given, class_id=number, stamp=stamp)
                    added.append(one.id)
        except BaseException:
            for name in added:
                self._tracker.remove(name)
            raise
        return AddObjects.Response(**self._rows, success=True, message='Success')

    def remove_object(self, request: RemoveObject.Request) -> RemoveObject.Response:
        """Follow an object no longer."""
        if request.object_id not in self._names:
            raise PromptError(unknown_object(self._names))
        self._tracker.remove(request.object_id)
        return RemoveObject.Response(**self._rows, success=True, message='Success')

    def update_object(self, request: UpdateObject.Request) -> UpdateObject.Response:
        """Correct an object, or add a new one where that is asked for."""
        prompt, stamp = request.prompt, self._meant(request.request_header)
        name, given = prompt.id, shown_by(prompt)
        if name in self._names:
            self._tracker.update(name, **given, stamp=stamp, replace=request.replace)
        elif request.create:
            name = name or self._new_name(_OBJECT)
            check_name(name)
            with self._numbers(prompt.class_id) as (number,):
                self._tracker.add(name, **given, class_id=number, stamp=stamp)
        else:
            known = followed_now(self._names)
            raise PromptError(f'no object {name!r} is followed; {known}. Set create to add it')
        (state,) = [one for one in self._states() if one.id == name]
        return UpdateObject.Response(object=state, success=True, message='Success')

    def rename_object(self, request: RenameObject.Request) -> RenameObject.Response:
        """Give an object another name."""
        check_name(request.new_object_id)
        self._tracker.rename(request.object_id, request.new_object_id)
        return RenameObject.Response(success=True, message='Success')

    def list_objects(self, request: ListObjects.Request) -> ListObjects.Response:
        """Return all objects as they stand."""
        header = self._newest or Header()
        states = ObjectStateArray(header=header, objects=self._states())
        return ListObjects.Response(states=states)

    def clear(self, request: ClearObjects.Request) -> ClearObjects.Response:
        """Follow nothing any more."""
        count = len(self)
        self._tracker.clear()
        return ClearObjects.Response(removed=count, success=True, message='Success')

    def adopt(self, packet: Packet[tuple[Detection, ...]]) -> list[PromptError]:
        """Follow what a detector found in an image; return what is wrong with some boxes."""
        good, wrong = [], []
        stamp = self._followed_at(packet.header)
        for one in packet.value:
            try:
                make_prompts(self._size or ANY_SIZE, boxes=[one.box])
                good.append(one)
            except PromptError as error:
                wrong.append(error)
        if good:
            with self._numbers(*(one.class_id for one in good)) as numbers:
                names = self._tracker.adopt(
                    [one.box for one in good],
                    class_ids=numbers,
                    names=[one.class_id or _OBJECT for one in good],
                    stamp=stamp,
                )
            if missing := names.count(None):
                said = f'{missing} of {len(names)} boxes find no room beside {len(self)} objects'
                wrong.append(PromptError(f'{said}; raise max_num_objects'))
        return wrong

    def click(self, packet: Packet[Any], target: str) -> None:
        """
        Correct the object under a click, or follow what lies there.

        A click at z below 0 says that the object is not there.
        """
        point = packet.value
        place, label = (point.x, point.y), int(point.z >= 0)
        stamp = self._known_or_newest(packet.header)
        name = target or self._under(place)
        if name in self._names:
            self._tracker.update(name, points=[place], labels=[label], stamp=stamp)
        elif label:
            name = name or self._new_name(_OBJECT)
            with self._numbers('') as (number,):
                self._tracker.add(name, points=[place], class_id=number, stamp=stamp)
        else:
            raise PromptError(f'no object lies under the click at {place} that speaks against it')

    def close(self) -> None:
        """Give back what the tracker holds."""
        self._tracker.close()

    @property
    def _names(self) -> list[str]:
        return [str(name) for name in self._tracker.ids]

    @property
    def _rows(self) -> dict[str, Any]:
        names = self._names
        return {'object_ids': names, 'object_indices': list(range(len(names)))}

    def _numbers(self, *texts: str) -> AbstractContextManager[list[int]]:
        """Give the numbers of classes; those of what is followed are not lost for them."""
        return self._classes.tried(texts, self._tracker.class_ids)

    def _meant(self, header: Header) -> float | None:
        """Return the stamp of the image that is meant, None where the next one is."""
        stamp, newest = seconds(header), self.newest
        if newest is None or (0 < stamp <= newest + self.ahead_s):
            return stamp or None
        return newest

    def _followed_at(self, header: Header) -> float | None:
        """Return the stamp of the image that boxes were found in; there objects lie as they do."""
        stamp = seconds(header)
        nearest = min(self._kept, key=lambda kept: abs(kept - stamp), default=None)
        if not stamp or nearest is None:
            return self.newest
        if abs(nearest - stamp) > self.tolerance_s:
            raise NoImage(
                f'no image within {self.tolerance_s * 1e3:g} ms of {stamp:.3f} was followed; kept '
                f'are {len(self._kept)} up to {self._kept[-1]:.3f}. Raise history_frames for a '
                'slow detector, image_queue_size where images are passed over'
            )
        return nearest

    def _known_or_newest(self, header: Header) -> float | None:
        stamp = seconds(header)
        return stamp if self._kept and self._kept[0] <= stamp <= self._kept[-1] else self.newest

    def _under(self, place: tuple[float, float]) -> str:
        """Return the object whose mask lies at a point of the newest image, '' where none does."""
        latest = self._tracker.latest
        height, width = (0, 0) if latest is None else latest.objects.size
        if latest is None or not (0 <= place[0] < width and 0 <= place[1] < height):
            return ''
        label = latest.label_image()[int(place[1]), int(place[0])]
        return next(
            (str(n) for n, one in zip(latest.ids, latest.labels, strict=True) if one == label), ''
        )

    def _new_name(self, word: str) -> str:
        names = self._names
        while True:
            self._clicked += 1
            if f'{word}_{self._clicked}' not in names:
                return f'{word}_{self._clicked}'

    def _states(self) -> list[ObjectState]:
        """Return all objects; of those that wait for an image only the name is known."""
        latest = self._tracker.latest
        seen = [] if latest is None else states_of(self._in_words(latest))
        known = {one.id: one for one in seen}
        return [known.get(name) or ObjectState(id=name) for name in self._names]

    def _in_words(self, seen: Tracked) -> Tracked:
        """Return what was seen with the words that tell the classes."""
        return replace(seen, objects=named(seen.objects, self._classes.names))
