"""What follows objects with a model: its own memory, or how they look."""

from __future__ import annotations

from typing import Any

from .feature_tracker import FeatureTracker
from .tracker import VideoTracker
from ..catalog.model_folders import find_manifest
from ..families.sam import SAM


def open_tracker(model: str, **settings: Any) -> VideoTracker | FeatureTracker:
    """
    Open a model by its name or its manifest file.

    `settings` are those of `VideoTracker.open`, or for Segment Anything for images those of
    `FeatureTracker.open`.
    """
    if find_manifest(model).family == SAM.name:
        return FeatureTracker.open(model, **settings)
    return VideoTracker.open(model, **settings)
