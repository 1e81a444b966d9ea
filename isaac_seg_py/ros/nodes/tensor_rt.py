"""TensorRTNode: tensors in, through a network, tensors out; any backend may run it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus

from ..conversions import TENSORS
from ..managed_node import ManagedNode
from ..packet import Packet
from ..qos import depth_setting, find_qos, input_qos_setting, qos_setting
from ..running import run_node
from ...catalog.model_folders import find_manifest
from ...families.fusing import fuse_configured
from ...families.sam_single import as_one_network
from ...infer import Backend
from ...infer.opening import open_configured
from ...infer_config import InferConfig
from ...settings import check_settings, setting
from ...tensors import Tensors


@dataclass(frozen=True)
class InferenceTopics:
    """The topics of TensorRTNode; their names are from the point of view of its neighbours."""

    input_qos: str = input_qos_setting('tensors that come')
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


class TensorRTNode(ManagedNode):
    """Runs a network on tensor lists."""

    default_name = 'tensor_rt_node'
    config_kinds = (InferConfig, InferenceTopics)
    _network: Backend | None = None

    def defaults(self) -> Mapping[str, Any]:
        """Return what the model says of how it is run."""
        model = self.given('model')
        return find_manifest(model).infer if model else {}

    def start(self) -> None:
        """Open the network, subscribe and publish."""
        topics = self.parameters[InferenceTopics]
        network = self._open(self.parameters[InferConfig])
        self._network = network
        self.get_logger().info(
            f'{network.choice}: {"; ".join(map(str, network.inputs))} -> '
            f'{"; ".join(map(str, network.outputs))}'
        )
        self._results = self.publish_to(
            TENSORS, 'tensor_sub', find_qos(topics.output_qos, topics.output_qos_depth)
        )

        def infer(packet: Packet[Tensors]) -> None:
            self._results.publish(Packet(packet.header, network(packet.value)))

        qos = find_qos(topics.input_qos, topics.input_qos_depth)
        self.subscribe(TENSORS, 'tensor_pub', qos, infer, depth=topics.input_queue_size)

    def _open(self, config: InferConfig) -> Backend:
        """Open the network; what takes long, as building an engine does, is said meanwhile."""
        log = self.get_logger()
        file = None
        if config.fuse:
            fused = fuse_configured(config)
            file = fused.file
            for note in fused.notes:
                log.info(note)
        elif config.model and config.backend != 'triton':
            config = as_one_network(config)

        def say(text: str) -> None:
            log.info(text)
            self.diagnostics.say(DiagnosticStatus.OK, text)

        return open_configured(config, file=file, say=say)

    def facts(self) -> Mapping[str, str]:
        """Tell which library runs the network, and why it."""
        return {} if self._network is None else {'backend': self._network.choice}

    def stop(self) -> None:
        """Give the network back."""
        if self._network is not None:
            self._network.close()
            self._network = None


def main() -> None:
    """Run the node by itself."""
    run_node(TensorRTNode)
