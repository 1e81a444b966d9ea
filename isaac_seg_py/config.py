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
        'linear', 'How pixels are resampled.', choices=('linear', 'nearest', 'area')
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
        for name in ('network_image_width', 'network_image_height'):
            if getattr(self, name) == 0:
                raise ConfigError(
                    f'Invalid {name}, this needs to be set per the model input requirements: '
                    f'give {name}, or the model by its name'
                )
        return self.network_image_height, self.network_image_width

    @property
    def placement(self) -> str:
        """Return the fit, from `fit` or else from `enable_padding`."""
        return self.fit or ('letterbox' if self.enable_padding else 'stretch')


@dataclass(frozen=True)
class InferConfig:
    """Which network runs, and on what."""

    model: str = setting(
        '', 'Name of a model with a manifest, a manifest file or an ONNX file. Sets all the rest.'
    )
    model_file_path: str = setting('', 'ONNX file. Needed where model is not given.')
    backend: str = setting(
        'auto', 'Library that runs the network.', choices=('auto', 'onnxruntime')
    )
    threads: int = setting(
        0, 'Threads for a network on the CPU. 0: one per core.', low=0, high=1024
    )
    input_tensor_names: tuple[str, ...] = setting(
        (), 'Names of the tensors that come, in the order of input_binding_names.', kind=str
    )
    input_binding_names: tuple[str, ...] = setting(
        (), "Names of the model's inputs. Empty: read from the model.", kind=str
    )
    output_tensor_names: tuple[str, ...] = setting(
        (), 'Names of the tensors that are published. Empty: as the model has them.', kind=str
    )
    output_binding_names: tuple[str, ...] = setting(
        (), "Names of the model's outputs. Empty: all.", kind=str
    )
    engine_file_path: str = setting('', _ACCEPTED, accepted=True)
    custom_plugin_lib: str = setting('', _ACCEPTED, accepted=True)
    input_tensor_formats: tuple[str, ...] = setting((), _ACCEPTED, kind=str, accepted=True)
    output_tensor_formats: tuple[str, ...] = setting((), _ACCEPTED, kind=str, accepted=True)
    force_engine_update: bool = setting(True, _ACCEPTED, accepted=True)
    verbose: bool = setting(True, _ACCEPTED, accepted=True)
    max_workspace_size: int = setting(67108864, _ACCEPTED, accepted=True)
    dla_core: int = setting(-1, _ACCEPTED, accepted=True)
    max_batch_size: int = setting(1, _ACCEPTED, accepted=True)
    enable_fp16: bool = setting(True, _ACCEPTED, accepted=True)
    relaxed_dimension_check: bool = setting(True, _ACCEPTED, accepted=True)
    memory_pool_block_size: int = setting(9216000, _ACCEPTED, accepted=True)
    memory_pool_num_blocks: int = setting(40, _ACCEPTED, accepted=True)

    def __post_init__(self) -> None:
        """Check types, limits and that names come in pairs."""
        check_settings(self)
        for side in ('input', 'output'):
            tensors = getattr(self, f'{side}_tensor_names')
            bindings = getattr(self, f'{side}_binding_names')
            if tensors and bindings and len(tensors) != len(bindings):
                raise ConfigError(
                    f'{side}_tensor_names has {len(tensors)} names and {side}_binding_names '
                    f'{len(bindings)}; the two lists go in pairs'
                )


@dataclass(frozen=True)
class DecodeConfig:
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
    threshold: float = setting(
        0.5, 'Probability from which a sigmoid output is class 1.', low=0.0, high=1.0, live=True
    )
    outside_class: int = setting(
        0, 'Class of the pixels of the image that a crop did not show.', low=0, high=65534
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
    class_names: tuple[str, ...] = setting(
        (), 'Name of each class. Empty: as the model says.', kind=str
    )
    mask_width: int = setting(960, _ACCEPTED, accepted=True)
    mask_height: int = setting(544, _ACCEPTED, accepted=True)

    def __post_init__(self) -> None:
        """Check types and limits; the messages begin as Isaac ROS's do."""
        check_settings(self)
