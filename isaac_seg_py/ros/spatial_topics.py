"""The settings of MaskTo3DNode that are not of the arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from .qos import depth_setting, input_qos_setting, qos_setting
from ..settings import check_settings, setting


@dataclass(frozen=True)
class SpatialTopics:
    """What comes, what belongs together, and what things are called."""

    mask_kind: str = setting(
        'classes',
        'What the numbers in the mask are: classes, or objects, whose detections of the same '
        'stamp say their class.',
        choices=('classes', 'objects'),
    )
    color_from: str = setting(
        'class',
        'Colour of the points: that of the class, or of the camera image of the same stamp.',
        choices=('class', 'image'),
    )
    model: str = setting('', 'Model (name or manifest) that knows names and colours of classes.')
    class_names: tuple[str, ...] = setting(
        (), 'Name of each class. Empty: as the model says.', kind=str
    )
    color_palette: tuple[int, ...] = setting(
        (),
        'Colour 0xRRGGBB of each class. Empty: as the model says.',
        low=0,
        high=0xFFFFFF,
        kind=int,
    )
    sync_tolerance: float = setting(
        0.0,
        'Seconds that the stamps of mask and depth may be apart. 0: equal.',
        low=0.0,
        high=10.0,
    )
    sync_queue_size: int = setting(
        10, 'Frames of each topic that may wait for their partners.', low=1, high=1000
    )
    input_qos: str = input_qos_setting('masks, depth, images and camera_info')
    input_qos_depth: int = depth_setting('masks, depth, images and camera_info')
    output_qos: str = qos_setting('results')
    output_qos_depth: int = depth_setting('results')

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)
