"""The settings of AlphaBlendNode."""

from __future__ import annotations

from dataclasses import dataclass

from .qos import depth_setting, input_qos_setting, qos_setting
from ..settings import check_settings, setting


@dataclass(frozen=True)
class BlendConfig:
    """The settings of AlphaBlendNode."""

    alpha: float = setting(
        0.5,
        'Share of the image: blended = image * alpha + mask * (1 - alpha).',
        low=0.0,
        high=1.0,
        live=True,
    )
    transparent_color: int = setting(
        -1,
        'Colour 0xRRGGBB of the mask that leaves the image as it is. -1: none. Masks with an '
        'alpha channel need none.',
        low=-1,
        high=0xFFFFFF,
        live=True,
    )
    legend: bool = setting(
        False, 'Lay the latest picture of legend_input over the upper left corner.'
    )
    marks: bool = setting(
        False, 'Lay the picture of marks_input with the stamp of the mask over the blended image.'
    )
    sync_tolerance: float = setting(
        0.0,
        'Seconds that the stamps of image and mask may be apart. 0: equal.',
        low=0.0,
        high=10.0,
    )
    sync_queue_size: int = setting(
        10, 'Images, and masks, that may wait for their partner.', low=1, high=1000
    )
    image_queue_size: int = setting(10, 'Images that may wait to be looked at.', low=1, high=10000)
    mask_queue_size: int = setting(10, 'Masks that may wait to be looked at.', low=1, high=10000)
    image_qos: str = input_qos_setting('image')
    image_qos_depth: int = depth_setting('image')
    mask_qos: str = input_qos_setting('mask')
    mask_qos_depth: int = depth_setting('mask')
    output_qos: str = qos_setting('blended image')
    output_qos_depth: int = depth_setting('blended image')

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)
