"""Where questions wait for their images, and from where they go to who answers them."""

from __future__ import annotations

from collections.abc import Callable
import threading
import time
from typing import Any

from isaac_seg_interfaces.srv import SegmentObjects

from .mailbox import Mailbox
from .prompt_images import Image, ImageHistory, NoImage
from .prompt_questions import Question, Reply
from .prompt_topics import PromptTimes
from .stage_node import StageNode
from .throttle import Throttle
from ..errors import in_words, PromptError

Tell = Callable[[str, PromptError], None]
Answer = Callable[[Question, Image, Tell], bool]


class PromptDesk:
    """
    Brings questions and images together.

    `answer` runs in a thread of the desk, one question at a time, so that images and services go
    on meanwhile. Each question is answered, or whoever asked hears why not: the service by its
    reply, others by a warning and a count on /diagnostics.
    """

    def __init__(self, node: StageNode, times: PromptTimes, answer: Answer) -> None:
        """Begin to take questions; the node tells and counts what goes wrong."""
        self._node, self._answer, self._times = node, answer, times
        self._turn = threading.RLock()
        self._images = ImageHistory(times.history_frames, times.prompt_tolerance_ms)
        self._throttle = Throttle(2.0)
        self._waiting: list[Question] = []
        self._owed: dict[Reply, float] = {}
        self._worker: Mailbox[tuple[Question, Image]] = Mailbox(
            lambda job: node.survive(
                lambda: self._attempt(job[0], lambda: self._answer(*job, self.tell))
            ),
            depth=times.prompt_queue_size,
            name=node.get_name(),
            on_drop=lambda job: self._too_many(job[0]),
        )

    def change(self, times: PromptTimes) -> None:
        """Take tolerance and waiting times anew."""
        with self._turn:
            self._times = times
            self._images.tolerate(times.prompt_tolerance_ms)

    def facts(self) -> dict[str, str]:
        """Return what is here."""
        return {
            'images kept': str(len(self._images)),
            'prompts that wait': str(len(self._waiting) + len(self._worker)),
        }

    def see(self, image: Image) -> bool:
        """Keep an image; questions that wait may mean it."""
        with self._turn:
            self._images.add(image)
            self._look_again()
        return False

    def ask(self, question: Question) -> bool:
        """Take a question; it is answered later."""
        with self._turn:
            self._place(question, is_late=False)
        return False

    async def reply_to(self, question: Question, reply: Reply) -> Any:
        """Take a question of a service, and return its answer or the reason why there is none."""
        with self._turn:
            self._owed[reply] = question.since
            self._place(question, is_late=False)
        try:
            return await reply.wait()
        finally:
            with self._turn:
                self._owed.pop(reply, None)

    def look_after(self) -> None:
        """See whose time is over."""
        with self._turn:
            self._look_again()
            longest = self._times.service_timeout_ms / 1e3
            now = time.monotonic()
            late = [reply for reply, since in self._owed.items() if now - since > longest]
        for reply in late:
            reply.give(failure(f'no answer within {longest:g} s; the network is busy or slow'))

    def refuse_all(self) -> bool:
        """Let go of what waits for an image, and answer every request that is open, if any is."""
        with self._turn:
            self._waiting.clear()
            left = [*self._owed]
        for reply in left:
            reply.give(failure('the node stops'))
        return bool(left)

    def close(self) -> None:
        """Finish the answer in hand, and refuse the others; closing twice is harmless."""
        self._worker.close()
        self.refuse_all()

    def tell(self, reason: str, error: PromptError) -> None:
        """Tell and count a prompt that gets no answer."""
        if self._throttle.allows(str(error)):
            self._node.get_logger().warning(f'prompt not answered: {error}')
        self._node.stats.drop(reason, words=str(error))

    def _place(self, question: Question, *, is_late: bool) -> None:
        def place() -> bool:
            image = question.image_among(self._images, is_late=is_late)
            if image is None:
                self._waiting.append(question)
            else:
                self._worker.put((question, image))
            return False

        self._attempt(question, place)

    def _look_again(self) -> None:
        waiting, self._waiting = self._waiting, []
        longest = self._times.prompt_timeout_ms / 1e3
        now = time.monotonic()
        for question in waiting:
            self._place(question, is_late=now - question.since > longest)
        while len(self._waiting) > self._times.prompt_queue_size:
            self._too_many(self._waiting.pop(0))

    def _attempt(self, question: Question, work: Callable[[], bool]) -> bool:
        """Do a part of the work on a question; whoever asked hears what is wrong with it."""
        try:
            return work()
        except Exception as error:
            if question.reply:
                question.reply.give(failure(in_words(error)))
            elif isinstance(error, NoImage):
                self.tell('no image for a prompt', error)
            elif isinstance(error, PromptError):
                self.tell('bad prompt', error)
            else:
                raise
            return False

    def _too_many(self, question: Question) -> None:
        size = self._times.prompt_queue_size
        error = PromptError(f'more than {size} prompts wait; the oldest are let go')
        if question.reply:
            question.reply.give(failure(str(error)))
        else:
            self.tell('newer prompt came', error)


def failure(message: str) -> SegmentObjects.Response:
    """Return the answer of the service to who gets none."""
    return SegmentObjects.Response(success=False, message=message)
