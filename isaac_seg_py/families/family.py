"""What sets one family of networks apart from the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..config import DecodeConfig
from ..decode.labels import LabelDecoder
from ..instance_config import InstanceConfig
from ..tensors import TensorSpec

Specs = Sequence[TensorSpec]
Decoder = Callable[..., Any]


@dataclass(frozen=True)
class Family:
    """
    How a family's networks are known, what they want, and what reads their output.

    `fits` says whether a network can be one of the family at all, `is_known` whether its tensors
    show that it is; without it, only a manifest can say so. `encode` and `decode` are the settings
    that differ from the defaults of `EncodeConfig` and of `config`.
    """

    name: str
    expects: str
    fits: Callable[[Specs, Specs], bool]
    is_known: Callable[[Specs, Specs], bool] = lambda inputs, outputs: False
    config: type[DecodeConfig] | type[InstanceConfig] = DecodeConfig
    decoder: Callable[[Any], Decoder] = LabelDecoder
    encode: Mapping[str, Any] = field(default_factory=dict)
    decode: Mapping[str, Any] = field(default_factory=dict)


IMAGENET = {'image_mean': (0.485, 0.456, 0.406), 'image_stddev': (0.229, 0.224, 0.225)}
"""Mean and deviation of the pictures that most networks were first trained on."""
