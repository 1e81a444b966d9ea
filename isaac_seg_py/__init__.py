"""
Segmentation for ROS 2, in Python.

Importing this package loads no ROS, CUDA, TensorRT or ONNX Runtime: names arrive when first used.
"""

from __future__ import annotations

import importlib
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from .errors import (
        BackendError,
        BackendUnavailable,
        ConfigError,
        ImageError,
        InputError,
        ManifestError,
        ModelError,
        PromptError,
        SegmentationError,
        TensorError,
    )
    from .geometry import View
    from .images import RawImage
    from .instance_masks import InstanceMasks
    from .masks import LabelImage
    from .panoptic import PanopticImage
    from .promptable import PromptableSegmenter
    from .segmenter import Segmenter
    from .tensors import Tensors
    from .track.feature_tracker import FeatureTracker
    from .track.tracker import VideoTracker

__version__ = '0.1.0'

_HOMES = {
    'BackendError': 'errors',
    'BackendUnavailable': 'errors',
    'ConfigError': 'errors',
    'FeatureTracker': 'track.feature_tracker',
    'ImageError': 'errors',
    'InputError': 'errors',
    'InstanceMasks': 'instance_masks',
    'LabelImage': 'masks',
    'ManifestError': 'errors',
    'ModelError': 'errors',
    'PanopticImage': 'panoptic',
    'PromptError': 'errors',
    'PromptableSegmenter': 'promptable',
    'RawImage': 'images',
    'SegmentationError': 'errors',
    'Segmenter': 'segmenter',
    'TensorError': 'errors',
    'Tensors': 'tensors',
    'VideoTracker': 'track.tracker',
    'View': 'geometry',
}

__all__ = [
    'BackendError',
    'BackendUnavailable',
    'ConfigError',
    'FeatureTracker',
    'ImageError',
    'InputError',
    'InstanceMasks',
    'LabelImage',
    'ManifestError',
    'ModelError',
    'PanopticImage',
    'PromptError',
    'PromptableSegmenter',
    'RawImage',
    'SegmentationError',
    'Segmenter',
    'TensorError',
    'Tensors',
    'VideoTracker',
    'View',
    '__version__',
]


def __dir__() -> list[str]:
    """Return the public names too that are not loaded yet."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    value = getattr(importlib.import_module(f'.{home}', __name__), name)
    globals()[name] = value
    return value
