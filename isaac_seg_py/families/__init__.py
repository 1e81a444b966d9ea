"""Which encode, infer and decode make one network."""

from __future__ import annotations

from typing import Any

from .unet import open_unet
from ..errors import ConfigError
from ..manifest import Manifest
from ..masks import LabelImage
from ..pipeline import Pipeline

__all__ = ['FAMILIES', 'open_semantic']

# A bare ONNX file has no family: the semantic one reads the most from the network itself.
FAMILIES = {'unet': open_unet, '': open_unet}


def open_semantic(manifest: Manifest, **chosen: Any) -> Pipeline[LabelImage]:
    """Open a network that gives one class to each pixel."""
    family = FAMILIES.get(manifest.family)
    if family is None:
        known = ', '.join(name for name in FAMILIES if name)
        raise ConfigError(
            f'model {manifest.name} is of family {manifest.family!r}; known are {known}'
        )
    return family(manifest, **chosen)
