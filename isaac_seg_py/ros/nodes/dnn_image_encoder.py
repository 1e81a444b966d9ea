"""DnnImageEncoderNode: camera image in, input tensor of a network out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sensor_msgs.msg import CameraInfo

from ..conversions import COMPRESSED, IMAGE, INFO, TENSORS, TENSORS_ALONE
from ..managed_node import ManagedNode
from ..packet import Packet
from ..qos import depth_setting, find_qos, input_qos_setting, qos_setting
from ..running import run_node
from ..synchronize import Pair
from ...config import EncodeConfig
from ...encode.image import ImageEncoder
from ...errors import ImageError
from ...families.fusing import encoder_defaults
from ...images import RawImage
from ...settings import check_settings, setting
from ...tensors import Tensors


@dataclass(frozen=True)
class EncoderTopics:
    """The topics of DnnImageEncoderNode, and where its settings come from."""

    model: str = setting(
        '', 'Model (name, manifest or ONNX file) that says what the settings left out should be.'
    )
    fuse: bool = setting(
        False, 'The network normalises pixels itself, by the same setting there. Needs model.'
    )
    image_transport: str = setting(
        'raw',
        'raw: sensor_msgs/Image on image; compressed: JPEG or PNG on image/compressed.',
        choices=('raw', 'compressed'),
    )
    use_camera_info: bool = setting(
        False, 'Wait for the camera_info of the same stamp, and refuse an image of another size.'
    )
    publish_view: bool = setting(
        True,
        'Tell other processes, by one more tensor, where the image lies. False: as Isaac ROS.',
    )
    input_qos: str = input_qos_setting('image and camera_info')
    input_qos_depth: int = depth_setting('image and camera_info')
    output_qos: str = qos_setting('tensors')
    output_qos_depth: int = depth_setting('tensors')
    input_queue_size: int = setting(
        2, 'Images that may wait; a newer one takes the place of the oldest.', low=1, high=10000
    )
    output_queue_size: int = setting(10, 'Taken for Isaac ROS.', accepted=True)

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)


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
