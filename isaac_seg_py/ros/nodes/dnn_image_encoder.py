"""DnnImageEncoderNode: camera image in, input tensor of a network out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sensor_msgs.msg import CameraInfo

from ..conversions import COMPRESSED, IMAGE, INFO, TENSORS, TENSORS_ALONE
from ..encoder_topics import EncoderTopics
from ..managed_node import ManagedNode
from ..packet import Packet
from ..qos import find_qos
from ..running import run_node
from ..synchronize import Pair
from ...catalog.model_folders import find_manifest
from ...config import EncodeConfig
from ...encode.image import ImageEncoder
from ...errors import ImageError
from ...families.assumed import tell_assumed
from ...families.fusing import encoder_defaults
from ...images import RawImage
from ...tensors import Tensors


class DnnImageEncoderNode(ManagedNode):
    """Resizes, pads, normalises and planarises images for a network."""

    default_name = 'dnn_image_encoder_node'
    config_kinds = (EncodeConfig, EncoderTopics)
    _encode: ImageEncoder | None = None

    def defaults(self) -> Mapping[str, Any]:
        """Return what the model says of its input."""
        return encoder_defaults(self.given('model') or '', fused=bool(self.given('fuse')))

    def start(self) -> None:
        """Subscribe to images and offer tensors."""
        topics = self.parameters[EncoderTopics]
        self._warn_of_size()
        self._encode = ImageEncoder(self.parameters[EncodeConfig])
        model = self.given('model')
        # What is folded into the network is told by the node that runs it.
        if model and not self.given('fuse'):
            tell_assumed(
                find_manifest(model), self.parameters[EncodeConfig], self.parameters.given
            )
        qos = find_qos(topics.input_qos, topics.input_qos_depth)
        depth = topics.input_queue_size
        self._tensors = self.publish_to(
            TENSORS if topics.publish_view else TENSORS_ALONE,
            'tensors',
            find_qos(topics.output_qos, topics.output_qos_depth),
        )
        work: Callable[[Packet[Any]], bool | None] = self._encode_one
        if topics.use_camera_info:
            self._pairs = self.pairs(max(depth, 10), what='image or camera_info')
            work = self._await_info
            self.subscribe(INFO, 'camera_info', qos, self._take_info, depth=10)
        if topics.image_transport == 'compressed':
            topic = self.resolve_topic_name('image') + '/compressed'
            self.subscribe(COMPRESSED, topic, qos, work, depth=depth)
        else:
            self.subscribe(IMAGE, 'image', qos, work, depth=depth)

    def _warn_of_size(self) -> None:
        said, chosen = self.defaults(), self.parameters[EncodeConfig]
        names = ('network_image_width', 'network_image_height')
        others = [
            one for one in names if said.get(one, getattr(chosen, one)) != getattr(chosen, one)
        ]
        if others:
            told = ', '.join(f'{one} is {getattr(chosen, one)}' for one in others)
            self.get_logger().warning(
                f'{told}, but the model takes {said[names[0]]}x{said[names[1]]}; leave '
                f'{" and ".join(names)} out unless its axes are free'
            )

    def stop(self) -> None:
        """Give the buffers back."""
        self._encode = None

    def _encode_one(self, packet: Packet[RawImage]) -> None:
        if self._encode is not None:
            tensors: Tensors = self._encode(packet.value)
            self._tensors.publish(Packet(packet.header, tensors))

    def _await_info(self, packet: Packet[RawImage]) -> bool:
        return self._encode_pair(self._pairs.add(0, packet))

    def _take_info(self, packet: Packet[CameraInfo]) -> bool:
        return self._encode_pair(self._pairs.add(1, packet))

    def _encode_pair(self, pair: Pair | None) -> bool:
        if pair is None:
            return False
        image, info = pair
        said = (info.value.height, info.value.width)
        if image.value.size != said:
            raise ImageError(
                f'the image is {image.value.size[1]}x{image.value.size[0]}, its camera_info says '
                f'{said[1]}x{said[0]}; they must agree, or set use_camera_info to false'
            )
        self._encode_one(image)
        return True


def main() -> None:
    """Run the node by itself."""
    run_node(DnnImageEncoderNode)
