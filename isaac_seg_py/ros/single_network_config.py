"""The settings of the node before NVIDIA's Segment Anything 2, under Isaac ROS's names."""

from __future__ import annotations

from dataclasses import dataclass

from .qos import depth_setting, input_qos_setting, qos_setting
from ..errors import ConfigError
from ..geometry import Size
from ..settings import check_settings, setting


@dataclass(frozen=True)
class SingleNetworkConfig:
    """What the network was made for."""

    max_num_objects: int = setting(10, 'Objects that are followed at once.', low=1, high=1024)
    orig_img_dims: tuple[int, ...] = setting(
        (480, 640),
        '[height, width] of the image that boxes and points are given in.',
        low=1,
        high=65535,
        kind=int,
    )
    memory_shape: tuple[int, ...] = setting(
        (64, 64, 64),
        'Shape of what the network remembers of an object in an image: channels, height, width.',
        low=1,
        high=4096,
        kind=int,
    )
    pointer_width: int = setting(
        256, 'Numbers in the short summary of an object.', low=1, high=65536
    )
    image_qos: str = input_qos_setting('image tensors')
    image_qos_depth: int = depth_setting('image tensors')
    memory_qos: str = input_qos_setting('answers of the network')
    memory_qos_depth: int = depth_setting('answers of the network')
    encoded_data_qos: str = qos_setting('tensors that go')
    encoded_data_qos_depth: int = depth_setting('tensors that go')

    def __post_init__(self) -> None:
        """Check types and limits."""
        check_settings(self)
        for name, count in (('orig_img_dims', 2), ('memory_shape', 3)):
            given = getattr(self, name)
            if len(given) != count:
                raise ConfigError(f'{name} must be a vector of size {count}; {list(given)} came')

    @property
    def size(self) -> Size:
        """Return (height, width) of the image."""
        return self.orig_img_dims[0], self.orig_img_dims[1]
