"""The settings of the nodes before and behind Segment Anything, under Isaac ROS's names."""

from __future__ import annotations

from dataclasses import dataclass

from .qos import depth_setting, input_qos_setting, qos_setting
from ..config import MASK_ENCODINGS
from ..errors import ConfigError
from ..geometry import Size
from ..settings import check_settings, setting


@dataclass(frozen=True)
class DataEncoderConfig:
    """Which prompts become which tensors."""

    prompt_input_type: str = setting(
        'bbox',
        'What a detection is: the box around an object (bbox), or a point on the one object that '
        'all of them mean (point).',
        choices=('bbox', 'point'),
        complaint='Received invalid input prompt type',
    )
    max_batch_size: int = setting(
        20,
        'Objects in one tensor list. Of more prompts several lists with one stamp are made.',
        low=1,
        high=1024,
    )
    has_input_mask: bool = setting(
        False, 'Wait for the mask of the same stamp, and give it to the network.'
    )
    orig_img_dims: tuple[int, ...] = setting(
        (),
        '[height, width] of the image that the prompts mean, where no view tells it.',
        low=1,
        high=65535,
        kind=int,
    )
    publish_view: bool = setting(
        True,
        'Tell other processes, by one more tensor, where the image lies. False: as Isaac ROS.',
    )
    sync_tolerance: float = setting(
        0.0,
        'Seconds that the stamps of prompts and image may be apart. 0: equal.',
        low=0.0,
        high=10.0,
    )
    sync_queue_size: int = setting(
        10, 'Frames of each topic that may wait for their partners.', low=1, high=1000
    )
    input_qos: str = input_qos_setting('tensors, prompts and masks')
    input_qos_depth: int = depth_setting('tensors, prompts and masks')
    output_qos: str = qos_setting('tensors that go')
    output_qos_depth: int = depth_setting('tensors that go')

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)
        if len(self.orig_img_dims) not in (0, 2):
            raise ConfigError(
                f'orig_img_dims is {list(self.orig_img_dims)}; [height, width], or nothing, is '
                'expected'
            )

    @property
    def size(self) -> Size | None:
        """Return (height, width) of the image where it is set."""
        return (self.orig_img_dims[0], self.orig_img_dims[1]) if self.orig_img_dims else None


@dataclass(frozen=True)
class MaskDecoderConfig:
    """Which tensor holds the masks, and how objects are shown."""

    tensor_name: str = setting(
        '',
        'Name of the tensor of masks. Empty: the small masks where the size of the image is '
        'known, else the first tensor with four axes.',
    )
    mask_threshold: float = setting(
        0.0, 'Raw score above which a pixel is of the object.', low=-32.0, high=32.0, live=True
    )
    mask_width: int = setting(
        0, 'Width of the image, where no view tells it. 0: that of the masks.', low=0, high=65535
    )
    mask_height: int = setting(
        0, 'Height of the image, where no view tells it. 0: that of the masks.', low=0, high=65535
    )
    color_segmentation_mask_encoding: str = setting(
        'rgb8', 'Encoding of the coloured mask.', choices=MASK_ENCODINGS, live=True
    )
    class_names: tuple[str, ...] = setting(
        (), 'Names of classes, so that each has its place as number. Empty: as they come.',
        kind=str,
    )  # fmt: skip
    sync_queue_size: int = setting(
        10, 'Frames that may wait for the rest of their masks or prompts.', low=1, high=1000
    )
    max_batch_size: int = setting(20, 'Taken for Isaac ROS.', accepted=True)
    input_qos: str = input_qos_setting('tensors and prompts')
    input_qos_depth: int = depth_setting('tensors and prompts')
    output_qos: str = qos_setting('masks')
    output_qos_depth: int = depth_setting('masks')

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)

    @property
    def size(self) -> Size | None:
        """Return (height, width) of the image where it is set."""
        known = self.mask_height and self.mask_width
        return (self.mask_height, self.mask_width) if known else None
