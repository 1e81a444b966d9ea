"""TensorToImageNode: a tensor of masks in; what any of them covers, and their boxes, out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from isaac_ros_tensor_list_interfaces.msg import TensorList
import numpy as np

from ..conversions import IMAGE, tensors_from_message, tensors_to_message
from ..detections import Detection, DETECTIONS
from ..packet import Packet
from ..qos import depth_setting, find_qos, input_qos_setting, qos_setting
from ..running import run_node
from ..stage_node import StageNode
from ..wire import Wire
from ...decode.prompted import Patch
from ...errors import TensorError
from ...geometry import MAX_PIXELS
from ...images import RawImage
from ...settings import check_settings, setting
from ...tensors import Array, describe, on_host, Tensors


@dataclass(frozen=True)
class TensorToImageConfig:
    """The topics of TensorToImageNode."""

    input_qos: str = input_qos_setting('tensors')
    input_qos_depth: int = depth_setting('tensors')
    output_qos: str = qos_setting('image and detections')
    output_qos_depth: int = depth_setting('image and detections')
    input_queue_size: int = setting(
        2, 'Frames that may wait; a newer one takes the place of the oldest.', low=1, high=10000
    )

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)


class TensorToImageNode(StageNode):
    """Shows masks (N, 1, H, W) as one binary image, and tells a box around each of them."""

    default_name = 'tensor_to_image'
    config_kinds = (TensorToImageConfig,)

    def start(self) -> None:
        """Subscribe to tensors, and offer image and detections."""
        config = self.parameters[TensorToImageConfig]
        out = find_qos(config.output_qos, config.output_qos_depth)
        self._image = self.publish_to(IMAGE, 'binary_mask', out)
        self._boxes = self.publish_to(DETECTIONS, 'detection_array', out)
        qos = find_qos(config.input_qos, config.input_qos_depth)
        self.subscribe(
            MASKS, 'segmentation_tensor', qos, self._show, depth=config.input_queue_size
        )

    def _show(self, packet: Packet[Tensors]) -> None:
        masks = _masks_of(packet.value)
        if self._image.wanted:
            covered = np.where(masks.any(0), np.uint8(255), np.uint8(0))
            picture = RawImage.from_array(covered, 'mono8')
            self._image.publish(Packet(packet.header, picture))
        if self._boxes.wanted:
            patches = [Patch.of(mask != 0) for mask in masks]
            found = [
                _detection(number, patch)
                for number, patch in enumerate(patches, 1)
                if not patch.is_empty
            ]
            self._boxes.publish(Packet(packet.header, tuple(found)))


def _masks_of(tensors: Tensors) -> Array:
    """Return masks (N, H, W), not 0 on the object."""
    masks = on_host(next(iter(tensors.arrays.values())))
    if masks.dtype != np.uint8 or masks.ndim != 4 or masks.shape[1] != 1:
        raise TensorError(
            f'the first tensor is {masks.dtype} {describe(masks.shape)}; masks uint8 '
            '[N, 1, height, width] are expected, as SegmentAnythingDecoderNode has them'
        )
    return masks[:, 0]


def _detection(number: int, patch: Patch) -> Detection:
    left, top, right, bottom = patch.box
    return Detection(
        str(number), 'mask', 1.0, (float(left), float(top), float(right), float(bottom))
    )


def _from_message(message: TensorList) -> Tensors:
    """Return the masks; of no object there is a shape, and no data."""
    first: Any = message.tensors[0] if message.tensors else None
    shape = tuple(first.shape.dims) if first else ()
    if len(shape) != 4 or shape[0] or not 0 < shape[2] * shape[3] <= MAX_PIXELS:
        return tensors_from_message(message)
    return Tensors({first.name or 'masks': np.zeros(shape, np.uint8)})


MASKS: Final[Wire[Tensors]] = Wire(TensorList, tensors_to_message, _from_message)


def main() -> None:
    """Run the node by itself."""
    run_node(TensorToImageNode)
