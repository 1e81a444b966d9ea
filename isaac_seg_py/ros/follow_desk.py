"""Where requests, boxes and clicks wait until a tracker has time for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
import threading
import time
from typing import Any, Final

from .detections import Detection
from .follow_messages import seconds
from .follow_topics import FollowTimes
from .follower import Follower
from .mailbox import Mailbox
from .packet import Packet
from .prompt_images import NoImage
from .prompt_questions import Reply
from .stage_node import StageNode
from .throttle import Throttle
from ..errors import in_words, PromptError

Boxes = Packet[tuple[Detection, ...]]
Job = tuple[Callable[[], Any], Reply | None]
_NO_REPLY: Final = None
# A detector asks with each image, and each time the same may be wrong.
_SECONDS_BETWEEN_WARNINGS: Final = 10.0


class FollowDesk:
    """
    Has a tracker do one thing at a time, so that services and topics go on meanwhile.

    Whoever asks by a service hears what is wrong; of others it is a warning and a count.
    """

    def __init__(self, node: StageNode, times: FollowTimes, follower: Follower) -> None:
        """Begin to take what is asked."""
        self._node, self._follower = node, follower
        self._throttle = Throttle(_SECONDS_BETWEEN_WARNINGS)
        self._turn = threading.Lock()
        self._early: deque[tuple[float, Boxes]] = deque()
        self._ready: list[Boxes] = []
        self._unsaid: tuple[float, NoImage] | None = None
        self._guard = threading.Lock()
        self._owed: set[Reply] = set()
        self.change(times)
        self._worker: Mailbox[Job] = Mailbox(
            lambda job: node.survive(lambda: self._do(*job)),
            depth=times.prompt_queue_size,
            name=node.get_name(),
            on_drop=self._too_many,
        )

    def __len__(self) -> int:
        """Return how much waits."""
        return len(self._worker) + len(self._early)

    def change(self, times: FollowTimes) -> None:
        """Take times and the meaning of clicks anew."""
        self._times = times
        self._follower.ahead_s = times.prompt_timeout_ms / 1e3
        self._follower.tolerance_s = times.prompt_tolerance_ms / 1e3
        self._follower.forget_after_s = times.forget_after_s

    def follow(self, image: Any) -> Any:
        """Follow the objects in the next image; boxes that waited for it come next."""
        with self._turn:
            seen = self._follower.see(image)
        for name, reason in seen.refused:
            self.tell(PromptError(f'object {name!r} is not followed: {reason}'))
        self._look_again()
        return seen

    def take_boxes(self, packet: Boxes) -> bool:
        """Adopt what a detector found, once its image is here."""
        self._early.append((time.monotonic(), packet))
        self._look_again()
        return False

    def take_click(self, packet: Packet[Any]) -> bool:
        """Follow or correct what was clicked at."""
        target = self._times.click_object
        self._worker.put((lambda: self._follower.click(packet, target), _NO_REPLY))
        return False

    async def reply_to(self, work: Callable[[Any], Any], request: Any, reply: Reply) -> Any:
        """Have a request done, and return its answer or the error why not."""
        self._owed.add(reply)
        self._worker.put((lambda: work(request), reply))
        try:
            return await reply.wait()
        finally:
            self._owed.discard(reply)

    def refuse_all(self) -> bool:
        """Let go of everything that waits, and tell who waits for an answer, if anybody does."""
        self._early.clear()
        with self._guard:
            self._ready.clear()
        owed, self._owed = self._owed, set()
        for reply in owed:
            reply.give(PromptError('the node stops'))
        return bool(owed)

    def close(self) -> None:
        """Finish the work in hand, and refuse the rest; closing twice is harmless."""
        self.refuse_all()
        self._worker.close()

    def tell(self, error: PromptError) -> None:
        """Tell and count a prompt that nobody waits for."""
        self._say(error)
        self._count(error)

    def _say(self, error: PromptError) -> None:
        if self._throttle.allows(str(error)):
            self._node.get_logger().warning(f'prompt not answered: {error}')

    def _count(self, error: PromptError) -> None:
        is_alone = isinstance(error, NoImage)
        reason = 'no image for a prompt' if is_alone else 'bad prompt'
        self._node.stats.drop(reason, words=str(error))

    def _do(self, work: Callable[[], Any], reply: Reply | None) -> bool:
        if reply is not None and reply not in self._owed:
            return False
        try:
            with self._turn:
                answer = work()
        except Exception as error:
            if reply is not None:
                reply.give(
                    error if isinstance(error, PromptError) else PromptError(in_words(error))
                )
            elif isinstance(error, PromptError):
                self.tell(error)
            else:
                raise
            return False
        if reply is not None:
            reply.give(answer)
        return False

    def _look_again(self) -> None:
        """Adopt the boxes whose images are here; drop those whose images do not come."""
        newest, now = self._follower.newest, time.monotonic()
        waiting, self._early = self._early, deque()
        for since, packet in waiting:
            is_late = now - since > self._times.prompt_timeout_ms / 1e3
            if newest is not None and seconds(packet.header) <= newest:
                self._adopt_soon(packet)
            elif is_late:
                self.tell(NoImage(f'no image came for boxes of {seconds(packet.header):.3f}'))
            else:
                self._early.append((since, packet))
        unsaid = self._unsaid
        if unsaid is not None and now - unsaid[0] > self._times.prompt_timeout_ms / 1e3:
            self._unsaid = None
            self._say(unsaid[1])
        while len(self._early) > self._times.prompt_queue_size:
            self._early.popleft()
            self._too_many((lambda: None, _NO_REPLY))

    def _adopt_soon(self, packet: Boxes) -> None:
        """Have boxes adopted; all that come until then are one thing to do."""
        with self._guard:
            is_first = not self._ready
            self._ready.append(packet)
            del self._ready[: -self._times.prompt_queue_size]
        if is_first:
            self._worker.put((self._adopt_newest, _NO_REPLY))

    def _adopt_newest(self) -> None:
        """
        Adopt the newest boxes whose image was followed; older ones are out of date.

        Where an image was passed over, nobody needs to hear of its boxes if others follow soon.
        """
        with self._guard:
            ready, self._ready = self._ready, []
        ready.sort(key=lambda packet: seconds(packet.header), reverse=True)
        done: float | None = None
        for packet in ready:
            if done is not None and seconds(packet.header) < done:
                self._node.stats.drop('boxes overtaken by newer ones')
                continue
            try:
                for error in self._follower.adopt(packet):
                    self.tell(error)
                done, self._unsaid = seconds(packet.header), None
            except NoImage as error:
                self._unsaid = self._unsaid or (time.monotonic(), error)
                self._count(error)
            except PromptError as error:
                self.tell(error)

    def _too_many(self, job: Job) -> None:
        size = self._times.prompt_queue_size
        error = PromptError(f'more than {size} prompts wait; the oldest are let go')
        if job[1] is not None:
            job[1].give(error)
        else:
            with self._guard:
                self._ready.clear()
            self.tell(error)
