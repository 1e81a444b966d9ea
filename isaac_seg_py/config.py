"""
The settings of each stage.

A field's name is also the ROS parameter and the YAML key. It is Isaac ROS's where that has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .errors import ConfigError
from .geometry import FITS
from .settings import check_settings, setting

OUTPUT_TYPES: Final = ('auto', 'softmax', 'sigmoid', 'argmax', 'logits', 'sigmoid_logits')
DATA_FORMATS: Final = ('auto', 'NCHW', 'NHWC', 'CHW', 'HWC', 'NHW', 'HW')
_ACCEPTED: Final = 'Taken for Isaac ROS.'
MASK_ENCODINGS: Final = ('rgb8', 'bgr8', 'rgba8', 'bgra8')


@dataclass(frozen=True)
class EncodeConfig:
    """How an image becomes the input tensor of a network."""

    network_image_width: int = setting(
        0, 'Width that the network expects, in pixels. 0: as the model says.', low=0, high=65535
    )
    network_image_height: int = setting(
        0, 'Height that the network expects, in pixels. 0: as the model says.', low=0, high=65535
    )
    input_image_width: int = setting(
        0, 'Width of the camera image. 0: any. Another width is refused.', low=0, high=65535
    )
    input_image_height: int = setting(
        0, 'Height of the camera image. 0: any. Another height is refused.', low=0, high=65535
    )
    tensor_name: str = setting('output_tensor', 'Name of the tensor that is made.')
    enable_padding: bool = setting(
        True, 'Keep the aspect ratio and pad to the network size. False: stretch. See fit.'
    )
    fit: str = setting(
        '',
        "How the image is placed on the network's canvas. Empty: as enable_padding says.",
        choices=('', *FITS),
    )
    padding_value: float = setting(
        0.0, 'Pixel value (0 to 255) of the padding.', low=0.0, high=255.0
    )
    pad_after_normalization: bool = setting(
        False,
        'Padded pixels are 0 in the tensor itself, as SAM has it, whatever padding_value is.',
    )
    interpolation: str = setting(
        'linear',
        'How pixels are resampled. antialias: as Pillow reduces images, and most of what trains '
        'networks; done on the host.',
        choices=('linear', 'nearest', 'area', 'antialias'),
    )
    image_mean: tuple[float, ...] = setting(
        (0.5, 0.5, 0.5), 'Mean of each channel, of pixel values scaled to 0 to 1.'
    )
    image_stddev: tuple[float, ...] = setting(
        (0.5, 0.5, 0.5), 'Standard deviation of each channel, of pixel values scaled to 0 to 1.'
    )
    net_scale_factor: float = setting(
        0.0,
        'When not 0: tensor = net_scale_factor * (pixel - offset), instead of mean and deviation.',
    )
    offsets: tuple[float, ...] = setting(
        (), 'Offset of each channel, 0 to 255, for net_scale_factor. Empty: 0.', kind=float
    )
    color_order: str = setting(
        'rgb', 'Channels that the network expects.', choices=('rgb', 'bgr', 'gray')
    )
    tensor_layout: str = setting('NCHW', 'Order of the axes.', choices=('NCHW', 'NHWC'))
    tensor_dtype: str = setting(
        'float32', 'Element type of the tensor.', choices=('float32', 'float16', 'uint8')
    )
    batch_size: int = setting(1, 'Size of the first axis; the image is repeated.', low=1, high=256)
    input_encoding: str = setting(
        'rgb8', 'Taken for Isaac ROS; the encoding of each image is used.', accepted=True
    )
    memory_pool_block_size: int = setting(0, _ACCEPTED, accepted=True)
    memory_pool_num_blocks: int = setting(40, _ACCEPTED, accepted=True)

    def __post_init__(self) -> None:
        """Check types, limits and what depends on each other."""
        check_settings(self)
        channels = 1 if self.color_order == 'gray' else 3
        for name in ('image_mean', 'image_stddev', 'offsets'):
            length = len(getattr(self, name))
            if length not in (1, channels) and not (name == 'offsets' and length == 0):
                # The defaults have three values; a grey network is content with one of them.
                if channels == 1 and length == 3:
                    continue
                raise ConfigError(f'{name} has {length} values; {channels} (or one) are expected')
        if min(self.image_stddev) <= 0:
            raise ConfigError(f'image_stddev is {self.image_stddev}; every value must be above 0')

    @property
    def network_size(self) -> tuple[int, int]:
        """Return (height, width) of the canvas."""
        names = ('network_image_width', 'network_image_height')
        free = [name for name in names if getattr(self, name) == 0]
        if free:
            assigned = ' '.join(f'{name}:=N' for name in free)
            options = ' '.join(f'--set {name}=N' for name in free)
            raise ConfigError(
                f'Invalid {free[0]}, this needs to be set per the model input requirements, and '
                f'no model says it. Give {options} (isaac-seg run and ros2 launch: {assigned}), '
                'or size: [height, width] in the manifest'
            )
        return self.network_image_height, self.network_image_width

    @property
    def placement(self) -> str:
        """Return the fit, from `fit` or else from `enable_padding`."""
        return self.fit or ('letterbox' if self.enable_padding else 'stretch')


@dataclass(frozen=True)
class MaskConfig:
    """What all masks have in common, those of classes and those of objects."""

    mask_frame: str = setting(
        'image',
        "Size of the masks: the camera image, or the network's output with its padding.",
        choices=('image', 'network'),
    )
    filter_mode: str = setting(
        'linear',
        'How masks grow to the size of the image: scores between pixels are interpolated (linear) '
        'or the nearest pixel decides (point).',
        choices=('linear', 'point'),
        live=True,
    )
    color_segmentation_mask_encoding: str = setting(
        'rgb8',
        'Encoding of the colour mask. With an alpha channel the background class is transparent.',
        choices=MASK_ENCODINGS,
        complaint='Received invalid color segmentation mask encoding',
        live=True,
    )
    color_palette: tuple[int, ...] = setting(
        (),
        'Colour 0xRRGGBB of each class. Empty: as the model says.',
        low=0,
        high=0xFFFFFF,
        kind=int,
        live=True,
    )
    class_alphas: tuple[int, ...] = setting(
        (),
        'Opacity 0 to 255 of each class, where a colour mask of classes has an alpha channel. '
        'Empty: 255, and 0 for the background.',
        low=0,
        high=255,
        kind=int,
        live=True,
    )
    background_class: int = setting(
        0,
        'Class that is no thing: transparent where a colour mask of classes has an alpha channel, '
        'and without boxes. -1: none.',
        low=-1,
        high=65534,
        live=True,
    )
    class_names: tuple[str, ...] = setting(
        (), 'Name of each class. Empty: as the model says.', kind=str
    )

    def __post_init__(self) -> None:
        """Check types and limits; the messages begin as Isaac ROS's do."""
        check_settings(self)


@dataclass(frozen=True)
class DecodeConfig(MaskConfig):
    """How a network's output becomes a label image."""

    network_output_type: str = setting(
        'auto',
        'What the output is: probabilities (softmax, sigmoid), raw scores (logits, '
        'sigmoid_logits) or class ids (argmax). auto: found from the tensor.',
        choices=OUTPUT_TYPES,
        complaint='Received invalid network output type',
    )
    data_format: str = setting(
        'auto',
        'Order of the axes of the output. auto: found from the tensor.',
        choices=DATA_FORMATS,
    )
    output_name: str = setting(
        '', 'Name of the output to decode. Empty: the first that may be a map of classes.'
    )
    threshold: float = setting(
        0.5, 'Probability from which a sigmoid output is class 1.', low=0.0, high=1.0, live=True
    )
    ignore_class: str = setting(
        '',
        'Name or number of a class that is never chosen: the next best is. Empty: none.',
        live=True,
    )
    outside_class: int = setting(
        0, 'Class of the pixels of the image that a crop did not show.', low=0, high=65534
    )
    mix_colors: bool = setting(
        False,
        "The colour mask mixes the colours of the output's cells where filter_mode is linear, as "
        'segNet does.',
        live=True,
    )
    mask_width: int = setting(960, _ACCEPTED, accepted=True)
    mask_height: int = setting(544, _ACCEPTED, accepted=True)
