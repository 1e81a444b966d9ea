"""SegmentAnything2DataEncoderNode: image and memory in, NVIDIA's eight tensors out."""

from __future__ import annotations

from typing import Any, Final

from isaac_ros_segment_anything2_interfaces.srv import AddObjects, RemoveObject

from ..conversions import TENSORS, TENSORS_ALONE
from ..follow_messages import wanted_by
from ..managed_node import ManagedNode
from ..packet import Packet
from ..prompt_images import nanoseconds
from ..prompt_tensors import INPUT_TENSOR
from ..qos import find_qos, REQUESTS
from ..running import run_node
from ..single_network_config import SingleNetworkConfig
from ...errors import TensorError
from ...families.sam2_single import Reply, SingleNetworkState
from ...tensors import Tensors

# Answers carry all that is remembered: none may be passed over.
_IMAGES: Final = 10


class SegmentAnything2DataEncoderNode(ManagedNode):
    """Keeps what NVIDIA's Segment Anything 2 remembers of objects, and gives it to the network."""

    default_name = 'segment_anything2_data_encoder_node'
    config_kinds = (SingleNetworkConfig,)

    def start(self) -> None:
        """Subscribe to images and answers, and offer tensors and services."""
        config = self._config = self.parameters[SingleNetworkConfig]
        channels, height, width = config.memory_shape
        self._objects = SingleNetworkState(
            config.size,
            config.max_num_objects,
            memory=(channels, height, width),
            pointer=config.pointer_width,
        )
        out = find_qos(config.encoded_data_qos, config.encoded_data_qos_depth)
        self._encoded = self.publish_to(TENSORS_ALONE, 'encoded_data', out)
        images = find_qos(config.image_qos, config.image_qos_depth)
        answers = find_qos(config.memory_qos, config.memory_qos_depth)
        self.subscribe(TENSORS, 'image', images, self._encode, depth=_IMAGES)
        self.subscribe(TENSORS, 'memory', answers, self._remember, depth=_IMAGES)
        self.create_service(AddObjects, 'add_objects', self._add, qos_profile=REQUESTS)
        self.create_service(RemoveObject, 'remove_object', self._remove, qos_profile=REQUESTS)

    def facts(self) -> dict[str, str]:
        """Tell how many objects are followed."""
        return {} if self.idle() else {'objects followed': str(len(self._objects))}

    def _encode(self, packet: Packet[Tensors]) -> bool:
        image, view = packet.value.pick(INPUT_TENSOR), packet.value.view
        if view is not None and view.image != self._config.size:
            raise TensorError(
                f'the image has (height, width) {view.image}, and orig_img_dims says '
                f'{self._config.size}; set orig_img_dims to what the image has'
            )
        tensors = self._objects.tensors(image, nanoseconds(packet.header))
        # Without objects the network has nothing to do, as in Isaac ROS.
        if tensors is not None:
            self._encoded.publish(Packet(packet.header, tensors))
        return tensors is not None

    def _remember(self, packet: Packet[Tensors]) -> bool:
        if not self._objects.remember(packet.value, nanoseconds(packet.header)):
            self.stats.drop('answer of no image')
        return False

    def _add(self, request: AddObjects.Request, response: AddObjects.Response) -> Any:
        with self._turn:
            return self._answer(self._objects.add(wanted_by(request)), response)

    def _remove(self, request: RemoveObject.Request, response: RemoveObject.Response) -> Any:
        with self._turn:
            return self._answer(self._objects.remove(request.object_id), response)

    def _answer(self, reply: Reply, response: Any) -> Any:
        response.object_ids = list(reply.object_ids)
        response.object_indices = list(reply.object_indices)
        response.success, response.message = reply.success, reply.message
        return response


def main() -> None:
    """Run the node by itself."""
    run_node(SegmentAnything2DataEncoderNode)
