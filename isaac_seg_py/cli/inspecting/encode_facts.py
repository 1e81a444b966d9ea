"""How the input of a network is made, and what of that nobody has said."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from ...catalog.manifest import Manifest
from ...families.assumed import assumed_settings
from ...families.contract import encode_config, free_sizes
from ...families.family import Family
from ...tensors import TensorSpec

# Stands for a free size meanwhile: settings without one are refused.
_ANY: Final = 512


def encode_facts(manifest: Manifest, family: Family, spec: TensorSpec) -> dict[str, Any]:
    """
    Return the settings of the encoder, and the names of those that are `free` or `assumed`.

    A size that neither model nor manifest fixes is free, and 0.
    """
    free = free_sizes(manifest, family, spec)
    config = encode_config(manifest, family, spec, **dict.fromkeys(free, _ANY))
    settings = {**dataclasses.asdict(config), 'fit': config.placement, **dict.fromkeys(free, 0)}
    return {
        'encode': settings,
        'free': free,
        'assumed': list(assumed_settings(manifest, config)),
    }
