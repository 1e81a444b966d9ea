"""What prompts ask, from when they come until they are answered."""

from __future__ import annotations

from dataclasses import dataclass, field
import threading
import time
from typing import Any

from rclpy.executors import Executor
from rclpy.task import Future
from std_msgs.msg import Header

from .prompt_images import Image, ImageHistory, nanoseconds
from .prompt_messages import Asked
from ..errors import PromptError


class Reply:
    """The answer that a service owes; the first that is given counts."""

    def __init__(self, executor: Executor | None) -> None:
        """Take the executor that the service runs in."""
        self._turn = threading.Lock()
        self._future: Future = Future(executor=executor)
        # With something to do for it the executor wakes at once, not with the next message.
        self._future.add_done_callback(lambda future: None)

    def give(self, answer: Any) -> None:
        """Give the answer, from any thread."""
        with self._turn:
            if not self._future.done():
                self._future.set_result(answer)

    async def wait(self) -> Any:
        """Wait for the answer; the executor works on meanwhile."""
        return await self._future


@dataclass(frozen=True, eq=False)
class Question:
    """
    Objects that are asked for.

    `header` names the image. A click, which a person makes on what is shown, may mean an image
    that is near; a request is answered by its `reply`, in `want_scores` with scores.
    """

    header: Header
    asked: tuple[Asked, ...]
    is_click: bool = False
    reply: Reply | None = None
    want_scores: bool = False
    since: float = field(default_factory=time.monotonic)

    def image_among(self, images: ImageHistory, *, is_late: bool) -> Image | None:
        """Return the image that is meant, None where it may still come."""
        image = self._meant(images, is_late=is_late)
        if image is not None:
            self._check_frame(image)
        return image

    def _meant(self, images: ImageHistory, *, is_late: bool) -> Image | None:
        header = self.header
        if not nanoseconds(header) or (self.is_click and not images.find(header)):
            if images.newest is None and is_late:
                raise images.why_not(header)
            return images.newest
        if images.has(header) or is_late or not images.is_behind(header):
            found = images.find(header)
            if found is None:
                raise images.why_not(header)
            return found
        return None

    def _check_frame(self, image: Image) -> None:
        mine, seen = self.header.frame_id, image.header.frame_id
        if mine and seen and mine != seen:
            raise PromptError(
                f'a prompt in frame {mine[:60]!r} came; images are in {seen[:60]!r}, and prompts '
                'are in pixels of these. Give that frame, or none'
            )
