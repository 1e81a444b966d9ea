"""DummyMaskPublisher: an empty mask for each tensor list, for graphs written for Isaac ROS."""

from __future__ import annotations

from dataclasses import dataclass

from ..conversions import TENSORS, TENSORS_ALONE
from ..packet import Packet
from ..prompt_tensors import INPUT_MASK, no_mask
from ..qos import find_qos
from ..running import run_node
from ..stage_node import StageNode
from ...settings import check_settings, setting
from ...tensors import Tensors

_CANVAS = (1024, 1024)


@dataclass(frozen=True)
class DummyMaskConfig:
    """What the mask is called."""

    tensor_name: str = setting(INPUT_MASK, 'Name of the tensor that is made.')

    def __post_init__(self) -> None:
        """Check types."""
        check_settings(self)


class DummyMaskPublisher(StageNode):
    """Publishes masks that say nothing; no node of this suite needs them."""

    default_name = 'dummy_mask_publisher'
    config_kinds = (DummyMaskConfig,)

    def start(self) -> None:
        """Subscribe to tensors, and offer masks."""
        name = self.parameters[DummyMaskConfig].tensor_name
        mask = Tensors({name: no_mask(_CANVAS)})
        masks = self.publish_to(TENSORS_ALONE, 'mask', find_qos('DEFAULT'))

        def answer(packet: Packet[Tensors]) -> None:
            masks.publish(Packet(packet.header, mask))

        self.subscribe(TENSORS, 'tensor_pub', find_qos('AUTO'), answer, depth=10)


def main() -> None:
    """Run the node by itself."""
    run_node(DummyMaskPublisher)
