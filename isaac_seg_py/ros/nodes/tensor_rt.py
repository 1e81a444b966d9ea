"""TensorRTNode: tensors in, through a network, tensors out; any backend may run it."""

from __future__ import annotations

from dataclasses import dataclass

from ..conversions import TENSORS
from ..exchange import Packet
from ..qos import depth_setting, find_qos, qos_setting
from ..running import run_node
from ..stage_node import StageNode
from ...infer import Backend
from ...infer.opening import open_configured
from ...infer_config import InferConfig
from ...settings import check_settings, setting
from ...tensors import Tensors


@dataclass(frozen=True)
class InferenceTopics:
    """The topics of TensorRTNode; their names are from the point of view of its neighbours."""

    input_qos: str = qos_setting('tensors that come')
    input_qos_depth: int = depth_setting('tensors that come')
    output_qos: str = qos_setting('tensors that go')
    output_qos_depth: int = depth_setting('tensors that go')
    input_queue_size: int = setting(
        1, 'Frames that may wait; a newer one takes the place of the oldest.', low=1, high=10000
    )
    output_queue_size: int = setting(1, 'Taken for Isaac ROS.', accepted=True)

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)


class TensorRTNode(StageNode):
    """Runs a network on tensor lists."""

    default_name = 'tensor_rt_node'
    config_kinds = (InferConfig, InferenceTopics)
    _network: Backend | None = None

    def start(self) -> None:
        """Open the network, subscribe and publish."""
        topics = self.parameters[InferenceTopics]
        network = open_configured(self.parameters[InferConfig])
        self._network = network
        self.get_logger().info(
            f'{network.name} runs {"; ".join(map(str, network.inputs))} -> '
            f'{"; ".join(map(str, network.outputs))}'
        )
        self._results = self.publish_to(
            TENSORS, 'tensor_sub', find_qos(topics.output_qos, topics.output_qos_depth)
        )

        def infer(packet: Packet[Tensors]) -> None:
            self._results.publish(Packet(packet.header, network(packet.value)))

        qos = find_qos(topics.input_qos, topics.input_qos_depth)
        self.subscribe(TENSORS, 'tensor_pub', qos, infer, depth=topics.input_queue_size)

    def stop(self) -> None:
        """Give the network back."""
        if self._network is not None:
            self._network.close()


def main() -> None:
    """Run the node by itself."""
    run_node(TensorRTNode)
