"""What every node shares that reads a network's output: its settings, its topics, its model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from vision_msgs.msg import LabelInfo

from .conversions import TENSORS
from .found_masks import Look
from .label_info import class_map, LatchedTopic
from .managed_node import ManagedNode
from .outputs import Output
from .packet import Packet
from .qos import depth_setting, find_qos, input_qos_setting, qos_setting
from ..catalog.model_folders import find_manifest
from ..config import MaskConfig
from ..decode.labels import LabelDecoder
from ..errors import ConfigError
from ..families.contract import decode_defaults, family_of
from ..families.family import Family
from ..instance_config import InstanceConfig
from ..panoptic import Found
from ..settings import check_settings, setting
from ..tensors import Tensors

# What the model knows where a setting is empty.
_KNOWN_OF_MODEL: Final = ('color_palette', 'class_names')


@dataclass(frozen=True)
class DecoderTopics:
    """The topics of a decoder, and where its settings come from."""

    model: str = setting(
        '', 'Model (name or manifest) that says what the settings left out should be.'
    )
    input_qos: str = input_qos_setting('tensors')
    input_qos_depth: int = depth_setting('tensors')
    output_qos: str = qos_setting('masks')
    output_qos_depth: int = depth_setting('masks')
    input_queue_size: int = setting(
        2, 'Frames that may wait; a newer one takes the place of the oldest.', low=1, high=10000
    )

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)


class DecoderNode(ManagedNode):
    """
    Reads the output of a network, and publishes what it shows below `prefix`.

    A subclass says which topics there are, and of which family a network is that nobody named.
    """

    prefix: ClassVar[str]
    outputs: ClassVar[tuple[Output, ...]]
    usual_family: ClassVar[Family]
    _decode: Callable[..., Found] | None = None

    def defaults(self) -> Mapping[str, Any]:
        """Return what the model says of its output."""
        self._family: Family = self.usual_family
        self._said: Mapping[str, Any] = {}
        model = self.given('model')
        if model:
            manifest = find_manifest(model)
            self._family = family_of(manifest)
            if self._family.config is not self.usual_family.config:
                objects = self._family.config is InstanceConfig
                raise ConfigError(
                    f'model {manifest.name} is of family {self._family.name}, which finds '
                    f'{"objects" if objects else "classes"}; '
                    f'{"InstanceDecoderNode" if objects else "UNetDecoderNode"} decodes it'
                )
            self._said = decode_defaults(manifest, self._family)
        return self._said

    def start(self) -> None:
        """Subscribe to tensors and offer what is found in them."""
        topics = self.parameters[DecoderTopics]
        out = find_qos(topics.output_qos, topics.output_qos_depth)
        self._offered = [
            (output, self.publish_to(output.wire, f'{self.prefix}/{output.topic}', out))
            for output in self.outputs
        ]
        self._info = LatchedTopic(self, LabelInfo, f'{self.prefix}/label_info')
        for kind in self.config_kinds:
            self.change(self.parameters[kind])
        self.subscribe(
            TENSORS,
            'tensor_sub',
            find_qos(topics.input_qos, topics.input_qos_depth),
            self._decode_one,
            depth=topics.input_queue_size,
        )

    def change(self, config: Any) -> None:
        """Take thresholds, palette and encoding anew."""
        if not isinstance(config, MaskConfig):
            return
        empty = [name for name in _KNOWN_OF_MODEL if not getattr(config, name)]
        config = replace(config, **{name: self._said.get(name, ()) for name in empty})
        decode, before = self._family.decoder(config), self._decode
        if isinstance(decode, LabelDecoder) and isinstance(before, LabelDecoder):
            decode.go_on_from(before)
        self._config, self._decode = config, decode
        threshold = config.score_threshold if isinstance(config, InstanceConfig) else 0.0
        self._info.say(class_map=class_map(config.class_names), threshold=threshold)

    def stop(self) -> None:
        """Give back what the decoder keeps from frame to frame."""
        self._decode = None

    def look(self, encoding: str) -> Look:
        """Return how what is found is shown, in colours of that encoding."""
        return Look(encoding)

    def _decode_one(self, packet: Packet[Tensors]) -> None:
        wanted = [pair for pair in self._offered if pair[1].wanted]
        decode = self._decode
        if not wanted or decode is None:
            return
        look = self.look(self._config.color_segmentation_mask_encoding)
        needs_scores = any(output.needs_scores for output, _ in wanted)
        found = decode(packet.value, want_scores=needs_scores)
        for output, publisher in wanted:
            value = output.make(found, look)
            if value is not None:
                publisher.publish(Packet(packet.header, value))
