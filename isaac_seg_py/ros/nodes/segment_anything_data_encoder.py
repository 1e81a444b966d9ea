"""SegmentAnythingDataEncoderNode: an image's tensor and its prompts in, six tensors out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..conversions import TENSORS, TENSORS_ALONE
from ..detections import Detection, DETECTIONS
from ..managed_node import ManagedNode
from ..packet import Packet
from ..prompt_messages import asked_by_detections, BOXES
from ..prompt_tensors import (
    INPUT_MASK,
    INPUT_TENSOR,
    no_mask,
    one_of_points,
    tensor_lists,
    view_of,
)
from ..qos import find_qos
from ..running import run_node
from ..sam_stage_topics import DataEncoderConfig
from ..stamp_join import StampJoin
from ..throttle import Throttle
from ...errors import PromptError
from ...geometry import Size
from ...prompts import make_prompts, Prompt

Joined = Packet[tuple[Any, ...]]


class SegmentAnythingDataEncoderNode(ManagedNode):
    """Makes what NVIDIA's Segment Anything takes: the image, prompts, a mask, and sizes."""

    default_name = 'segment_anything_data_encoder_node'
    config_kinds = (DataEncoderConfig,)

    def start(self) -> None:
        """Subscribe to what belongs together, and offer tensors."""
        config = self._config = self.parameters[DataEncoderConfig]
        self._bad = Throttle(2.0)
        out = find_qos(config.output_qos, config.output_qos_depth)
        self._tensors = self.publish_to(
            TENSORS if config.publish_view else TENSORS_ALONE, 'tensor', out
        )
        # What each row of the tensors stands for, which the network does not tell.
        self._encoded = self.publish_to(DETECTIONS, 'encoded_prompts', out)
        wires: dict[str, Any] = {'tensor_pub': TENSORS, 'prompts': BOXES}
        if config.has_input_mask:
            wires['mask'] = TENSORS
        waiting, slack = config.sync_queue_size, {'prompts': config.sync_tolerance}
        self._join = StampJoin(
            [
                self.pairs(waiting, slack.get(to, 0.0), what=f'tensor_pub or {to}')
                for to in [*wires][1:]
            ]
        )
        qos = find_qos(config.input_qos, config.input_qos_depth)
        for place, (topic, wire) in enumerate(wires.items()):
            self.subscribe(wire, topic, qos, self._taker(place), depth=waiting)

    def stop(self) -> None:
        """Let go of the tensors that wait."""
        self._join = StampJoin(())

    def _taker(self, place: int) -> Callable[[Packet[Any]], bool]:
        def take(packet: Packet[Any]) -> bool:
            joined = self._join.add(place, packet)
            if joined is not None:
                self._encode(joined)
            return joined is not None

        return take

    def _encode(self, joined: Joined) -> None:
        config = self._config
        tensors, detections, *masks = joined.value
        image = tensors.pick(INPUT_TENSOR)
        view = view_of(image, tensors.view, config.size)
        kept, prompts = self._checked(detections, view.image)
        if config.prompt_input_type == 'point' and prompts:
            kept, prompts = kept[:1], one_of_points(prompts, view.image)
        # First, so that it is there when the network has answered. Without prompts it is all.
        self._encoded.publish(Packet(joined.header, kept))
        mask = masks[0].pick(INPUT_MASK) if masks else no_mask(view.canvas)
        for given in tensor_lists(
            image, view, prompts, mask, has_mask=bool(masks), most=config.max_batch_size
        ):
            self._tensors.publish(Packet(joined.header, given))

    def _checked(
        self, detections: tuple[Detection, ...], size: Size
    ) -> tuple[tuple[Detection, ...], list[Prompt]]:
        """Return the prompts that make sense, with the detections, each of an id of its own."""
        kept, prompts = [], []
        for asked, one in zip(asked_by_detections(detections), detections, strict=True):
            try:
                prompts += self._prompt(asked.id, one, size)
            except PromptError as error:
                self.stats.drop('bad prompt')
                if self._bad.allows(str(error)):
                    self.get_logger().warning(f'prompt not answered: {error}')
            else:
                kept.append(Detection(asked.id, one.class_id, one.score, one.box))
        return tuple(kept), prompts

    def _prompt(self, name: str, one: Detection, size: Size) -> list[Prompt]:
        if self._config.prompt_input_type == 'bbox':
            return make_prompts(size, boxes=[one.box], ids=[name])
        x1, y1, x2, y2 = one.box
        return make_prompts(size, points=[((x1 + x2) / 2, (y1 + y2) / 2)], ids=[name])


def main() -> None:
    """Run the node by itself."""
    run_node(SegmentAnythingDataEncoderNode)
