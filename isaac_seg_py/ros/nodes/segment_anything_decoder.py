"""SegmentAnythingDecoderNode: the output of Segment Anything in, a mask for each prompt out."""

from __future__ import annotations

from typing import Any

from .instance_decoder import ObjectLook
from ..conversions import TENSORS, TENSORS_ALONE
from ..found_masks import Look
from ..managed_node import ManagedNode
from ..packet import Packet
from ..prompt_classes import ClassNumbers
from ..prompt_messages import BOXES
from ..prompt_outputs import OF_PROMPTS, with_pixels
from ..qos import find_qos
from ..row_join import Frame, Prompts, RowJoin
from ..running import run_node
from ..sam_stage_topics import MaskDecoderConfig
from ...decode.mask_rows import read_rows
from ...decode.prompted import MaskGrower
from ...geometry import Size
from ...instance_masks import InstanceMasks
from ...prompt_config import PromptConfig
from ...tensors import Tensors

_PREFIX = 'segment_anything'


class SegmentAnythingDecoderNode(ManagedNode):
    """
    Tells the masks of objects, with the ids, classes and scores of their prompts.

    Those come on `encoded_prompts`. Where nobody publishes it, masks are numbered as they come.
    """

    default_name = 'segment_anything_decoder_node'
    config_kinds = (MaskDecoderConfig, ObjectLook)
    _size: Size | None = None

    def start(self) -> None:
        """Subscribe to tensors and prompts, and offer masks."""
        topics = self.parameters[MaskDecoderConfig]
        for kind in self.config_kinds:
            self.change(self.parameters[kind])
        self._classes = ClassNumbers(topics.class_names)
        self._join = RowJoin(topics.sync_queue_size, self._lose_frame)
        out = find_qos(topics.output_qos, topics.output_qos_depth)
        self._offered = [
            (output, self.publish_to(output.wire, f'{_PREFIX}/{output.topic}', out))
            for output in OF_PROMPTS
        ]
        self._prompts = self.resolve_topic_name('encoded_prompts')
        qos = find_qos(topics.input_qos, topics.input_qos_depth)
        depth = topics.sync_queue_size
        self.subscribe(BOXES, 'encoded_prompts', qos, self._take_prompts, depth=depth)
        self.subscribe(TENSORS, 'tensor_sub', qos, self._take_tensors, depth=depth)

    def change(self, config: Any) -> None:
        """Take threshold and looks anew."""
        if isinstance(config, ObjectLook):
            self._shown = config
        else:
            self._config = config
            self._grow = MaskGrower(PromptConfig(mask_threshold=config.mask_threshold))

    def stop(self) -> None:
        """Let go of the masks that wait."""
        self._join = RowJoin(1, self._lose_frame)

    def _take_prompts(self, packet: Packet[Prompts]) -> bool:
        return self._publish(self._join.add_prompts(packet))

    def _take_tensors(self, packet: Packet[Tensors]) -> bool:
        rows = read_rows(packet.value, self._config.tensor_name, self._config.size)
        self._size = rows.view.image
        if not self.count_publishers(self._prompts):
            return self._publish(Frame(packet.header, parts=[rows]))
        return self._publish(self._join.add_rows(Packet(packet.header, rows)))

    def _publish(self, frame: Frame | None) -> bool:
        if frame is None:
            return False
        wanted = [pair for pair in self._offered if pair[1].wanted]
        found = self._objects(frame) if wanted else None
        if found is None:
            return True
        seen = with_pixels(found)
        look = Look(
            self._config.color_segmentation_mask_encoding,
            self._shown.color_by,
            self._shown.classes_as,
        )
        for output, publisher in wanted:
            # The tensor has a row for each prompt, as in Isaac ROS, though nothing may be in it.
            value = output.make(found if output.wire is TENSORS_ALONE else seen, look)
            if value is not None:
                publisher.publish(Packet(frame.header, value))
        return True

    def _objects(self, frame: Frame) -> InstanceMasks | None:
        """Return the objects of a frame, None where nothing is known of its size."""
        size = frame.parts[0].view.image if frame.parts else self._size or self._config.size
        if size is None:
            self.get_logger().warning(
                'an image without prompts came first, and its size is not known; set mask_width '
                'and mask_height',
                throttle_duration_sec=5.0,
            )
            return None
        return frame.objects(size, self._classes, self._grow, self._config.mask_threshold)

    def _lose_frame(self) -> None:
        self.stats.drop('no partner of its stamp')


def main() -> None:
    """Run the node by itself."""
    run_node(SegmentAnythingDecoderNode)
