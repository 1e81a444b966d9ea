"""SegmentAnythingNode: images and prompts in; a mask for each object that is meant out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from geometry_msgs.msg import Point
from isaac_seg_interfaces.srv import SegmentObjects
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import Clock, ClockType

from ..conversions import IMAGE
from ..detections import Detection
from ..packet import Packet
from ..prompt_answers import PromptAnswers
from ..prompt_desk import failure, PromptDesk
from ..prompt_messages import asked_by_click, asked_by_detections, asked_by_request, BOXES, CLICK
from ..prompt_questions import Question, Reply
from ..prompt_topics import ImageTopics, NetworkChoice, ObjectLooks, PromptTimes
from ..prompted_node import PromptedNode
from ..qos import REQUESTS
from ..running import run_node
from ...prompt_config import PromptConfig

_LOOK_S: Final = 0.05
# Images are only put aside, which takes no time.
_IMAGES: Final = 10


class SegmentAnythingNode(PromptedNode):
    """Finds the objects that boxes, clicks and requests show."""

    default_name = 'segment_anything'
    config_kinds = (NetworkChoice, PromptConfig, ObjectLooks, PromptTimes, ImageTopics)
    _desk: PromptDesk | None = None

    def start(self) -> None:
        """Open the network, subscribe to images and prompts, and offer topics and service."""
        times = self.parameters[PromptTimes]
        self._answers = PromptAnswers(self, self.open(), times.cached_embeddings)
        desk = self._desk = PromptDesk(self, times, self._answers)

        def take_boxes(packet: Packet[tuple[Detection, ...]]) -> bool:
            return desk.ask(Question(packet.header, asked_by_detections(packet.value)))

        def take_click(packet: Packet[Point]) -> bool:
            asked = asked_by_click(packet.value)
            return desk.ask(Question(packet.header, asked, is_click=True))

        depth = times.prompt_queue_size
        self.subscribe(IMAGE, 'image', self.input_qos, desk.see, depth=_IMAGES)
        self.subscribe(BOXES, 'prompts', self.input_qos, take_boxes, depth=depth)
        self.subscribe(CLICK, 'point', self.input_qos, take_click, depth=depth)
        # Of a group of its own: while an answer is waited for, nothing else of the node is.
        free = ReentrantCallbackGroup()
        self.create_service(
            SegmentObjects, '~/segment', self._serve, qos_profile=REQUESTS, callback_group=free
        )
        # Wall time: with use_sim_time the node's own clock may stand still.
        clock = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(_LOOK_S, desk.look_after, clock=clock)

    def change(self, config: Any) -> None:
        """Take looks, times and what is asked of the network anew."""
        if isinstance(config, PromptTimes) and self._desk is not None:
            self._desk.change(config)
        super().change(config)

    def refuse(self) -> bool:
        """Answer the requests that are open, and return whether there were any."""
        return self._desk is not None and self._desk.refuse_all()

    def stop(self) -> None:
        """Finish the answer in hand, refuse the others, and give the network back."""
        if self._desk is not None:
            self._desk.close()
            self._desk = None
        super().stop()

    def facts(self) -> Mapping[str, str]:
        """Tell how much was encoded and asked."""
        desk = self._desk
        if desk is None:
            return {}
        return {**super().facts(), 'prompts answered': str(self._answers.count), **desk.facts()}

    def listened_to(self) -> Sequence[Any]:
        """Return the subscription of images: that nobody clicks is no fault."""
        return super().listened_to()[:1]

    async def _serve(
        self, request: SegmentObjects.Request, response: SegmentObjects.Response
    ) -> SegmentObjects.Response:
        desk = self._desk
        if self.idle() or desk is None:
            return failure(self.idle())
        reply = Reply(self.executor)
        asked, scores = asked_by_request(request.prompts), request.want_scores
        question = Question(request.request_header, asked, reply=reply, want_scores=scores)
        answer: SegmentObjects.Response = await desk.reply_to(question, reply)
        return answer


def main() -> None:
    """Run the node by itself."""
    run_node(SegmentAnythingNode)
