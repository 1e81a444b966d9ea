"""The settings of SegmentAnythingPointTriggeredNode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .qos import depth_setting, input_qos_setting, qos_setting
from ..settings import check_settings, setting

MODES: Final = {
    'mono': ('image_1',),
    'stereo': ('image_1', 'image_2'),
    'mono+depth': ('image_1', 'depth_1'),
}


@dataclass(frozen=True)
class TriggerConfig:
    """What a click sets going."""

    mode: str = setting(
        'mono',
        'What comes: image_1 alone, with image_2, or with depth_1.',
        choices=tuple(MODES),
    )
    use_camera_info: bool = setting(
        True, 'Wait for the camera_info of each camera, of the same stamp, and send it along.'
    )
    is_sam2: bool = setting(False, 'Ask a tracker to follow what was clicked, by its services.')
    max_rate_hz: float = setting(
        2.0, 'Clicks in a second; faster ones are dropped. 0: any.', low=0.0, high=1000.0,
        live=True,
    )  # fmt: skip
    service_call_timeout: int = setting(
        5, 'Seconds to wait for the answer of a service.', low=1, high=600
    )
    service_discovery_timeout: int = setting(
        5, 'Seconds to wait until a service is there.', low=1, high=600
    )
    sync_queue_size: int = setting(
        10, 'Frames of each topic that may wait for their partners.', low=1, high=1000
    )
    input_queue_size: int = setting(10, 'Frames of each topic that may wait.', low=1, high=1000)
    input_qos: str = input_qos_setting('images and camera_info')
    input_qos_depth: int = depth_setting('images and camera_info')
    output_qos: str = qos_setting('images, camera_info and detections')
    output_qos_depth: int = depth_setting('images, camera_info and detections')
    output_queue_size: int = setting(10, 'Taken for Isaac ROS.', accepted=True)
    depth_format_string: str = setting('nitros_image_32FC1', 'Taken for Isaac ROS.', accepted=True)

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)

    @property
    def topics(self) -> tuple[str, ...]:
        """Return the topics that belong together, image_1 first."""
        images = MODES[self.mode]
        numbers = [name[-1] for name in images if name.startswith('image')]
        infos = [f'camera_info_{number}' for number in numbers] if self.use_camera_info else []
        return (*images, *infos)
