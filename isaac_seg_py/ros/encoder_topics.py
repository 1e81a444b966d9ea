"""The settings of DnnImageEncoderNode beside those of encoding itself."""

from __future__ import annotations

from dataclasses import dataclass

from .qos import depth_setting, input_qos_setting, qos_setting
from ..settings import check_settings, setting


@dataclass(frozen=True)
class EncoderTopics:
    """The topics of DnnImageEncoderNode, and where its settings come from."""

    model: str = setting(
        '', 'Model (name, manifest or ONNX file) that says what the settings left out should be.'
    )
    fuse: bool = setting(
        False, 'The network normalises pixels itself, by the same setting there. Needs model.'
    )
    image_transport: str = setting(
        'raw',
        'raw: sensor_msgs/Image on image; compressed: JPEG or PNG on image/compressed.',
        choices=('raw', 'compressed'),
    )
    use_camera_info: bool = setting(
        False, 'Wait for the camera_info of the same stamp, and refuse an image of another size.'
    )
    publish_view: bool = setting(
        True,
        'Tell other processes, by one more tensor, where the image lies. False: as Isaac ROS.',
    )
    input_qos: str = input_qos_setting('image and camera_info')
    input_qos_depth: int = depth_setting('image and camera_info')
    output_qos: str = qos_setting('tensors')
    output_qos_depth: int = depth_setting('tensors')
    input_queue_size: int = setting(
        2, 'Images that may wait; a newer one takes the place of the oldest.', low=1, high=10000
    )
    output_queue_size: int = setting(10, 'Taken for Isaac ROS.', accepted=True)

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)
