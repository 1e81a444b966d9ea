"""What follows objects with a model: its own memory, or how they look."""

from __future__ import annotations

from typing import Any

from .feature_tracker import FeatureTracker
from .tracker import VideoTracker
from ..catalog.model_folders import find_manifest
from ..errors import ModelError
from ..families.sam import SAM
from ..families.sam2 import SAM2


def open_tracker(model: str, **settings: Any) -> VideoTracker | FeatureTracker:
    """
    Open a model by its name or its manifest file.

    `settings` are those of `VideoTracker.open`, or for Segment Anything for images those of
    `FeatureTracker.open`.
    """
    manifest = find_manifest(model)
    if manifest.family not in ('', 'auto', SAM.name, SAM2.name):
        raise ModelError(
            f'model {manifest.name} is of family {manifest.family}; to follow objects one of '
            f'family {SAM2.name}, as tiny-sam2, or of family {SAM.name}, as tiny-sam, is needed'
        )
    if manifest.family == SAM.name:
        return FeatureTracker.open(model, **settings)
    return VideoTracker.open(model, **settings)
