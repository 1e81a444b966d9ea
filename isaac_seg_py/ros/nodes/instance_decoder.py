"""InstanceDecoderNode: a network's output in; objects with masks, boxes and classes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..decoder_node import DecoderNode, DecoderTopics
from ..found_masks import Look
from ..outputs import OF_OBJECTS
from ..running import run_node
from ...families.yolo_seg import YOLO_SEG
from ...instance_config import InstanceConfig
from ...settings import check_settings, setting


@dataclass(frozen=True)
class ObjectLook:
    """How objects are shown and told."""

    color_by: str = setting(
        'class',
        'Whether all objects of a class have its colour in the colour mask, or each its own.',
        choices=('class', 'object'),
        live=True,
    )
    classes_as: str = setting(
        'name',
        'How detections tell a class: by its name, or by its number as text.',
        choices=('name', 'number'),
        live=True,
    )

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)


class InstanceDecoderNode(DecoderNode):
    """
    Finds objects in the output of YOLO-seg, Mask2Former and MaskFormer.

    A network that answers queries must be named by `model`.
    """

    default_name = 'instance_decoder_node'
    config_kinds = (ObjectLook, InstanceConfig, DecoderTopics)
    prefix = 'instances'
    outputs = OF_OBJECTS
    usual_family = YOLO_SEG

    def change(self, config: Any) -> None:
        """Take thresholds, palette and what is shown anew."""
        if isinstance(config, ObjectLook):
            self._shown = config
        super().change(config)

    def look(self, encoding: str) -> Look:
        """Return how objects are shown."""
        return Look(encoding, self._shown.color_by, self._shown.classes_as)


def main() -> None:
    """Run the node by itself."""
    run_node(InstanceDecoderNode)
