"""
Read what DeepStream and TAO say of a network, nvinfer's `[property]` files, as a manifest.

What is only for DeepStream's own pipeline is passed over. Its class -1 of pixels below
`segmentation-threshold` does not exist here: the threshold counts for networks with one channel.
"""

from __future__ import annotations

import configparser
from pathlib import Path
from typing import Any, Final

from .label_sets import label_texts, read_lines
from .manifest import Manifest
from ..config import DecodeConfig, EncodeConfig
from ..errors import ConfigError, ManifestError
from ..infer_config import InferConfig
from ..user_files import user_path

NVINFER_SUFFIXES: Final = ('.txt', '.cfg', '.ini')
_SEMANTIC: Final = ('2', '100')  # 100: any network, which segmentation with a parser is to TAO
_ENCRYPTED: Final = (
    'tlt-encoded-model names an encrypted file; decrypt it (tao export, or tao-converter) and '
    'name the ONNX file in onnx-file'
)
_COLORS: Final = {'0': 'rgb', '1': 'bgr', '2': 'gray'}
_LAYOUTS: Final = {'0': 'NCHW', '1': 'NHWC'}
_PRECISIONS: Final = {'0': 'fp32', '1': 'fp16', '2': 'fp16', '3': 'fp16'}
_INTERPOLATIONS: Final = {'0': 'nearest', '1': 'linear'}
_SWITCH: Final = {'0': False, '1': True}


def read_nvinfer(path: Path) -> Manifest:
    """Return the manifest that a file of nvinfer amounts to; the files it names lie beside it."""
    given = _Properties(path)
    try:
        return _manifest(given)
    except ManifestError:
        raise
    except (ConfigError, ValueError) as error:
        raise given.error(str(error)) from error


def _manifest(given: _Properties) -> Manifest:
    kind = given.text('network-type', '2')
    if kind not in _SEMANTIC:
        raise given.error(
            f'network-type is {kind}; 2 (semantic segmentation) is expected, or 100 with an '
            'output of class scores'
        )
    if given.has('mean-file'):
        raise given.error('mean-file is not read; give the mean of each channel in offsets')
    encode = _encode(given)
    decode: dict[str, Any] = {
        'data_format': given.choice('segmentation-output-order', _LAYOUTS, 'auto')
    }
    threshold = float(given.text('segmentation-threshold', '0'))
    if threshold:
        decode['threshold'] = threshold
    infer: dict[str, Any] = {'precision': given.choice('network-mode', _PRECISIONS, 'fp32')}
    if given.has('int8-calib-file') and given.text('network-mode') == '1':
        infer['int8_calibration_file'] = str(given.file('int8-calib-file'))
    # Wrong values are found here, at the border, and not when the first image comes.
    EncodeConfig(**encode)
    DecodeConfig(**decode)
    InferConfig(**infer)
    return Manifest(
        name=given.path.stem,
        family='unet',
        file=_model_file(given),
        description=f'from {given.path.name}',
        output_name=next(iter(given.words('output-blob-names')), ''),
        encode=encode,
        decode=decode,
        infer=infer,
        labels=_labels(given),
    )


def _encode(given: _Properties) -> dict[str, Any]:
    color = given.choice('model-color-format', _COLORS, 'rgb')
    layout = given.choice('network-input-order', _LAYOUTS, 'NCHW')
    encode: dict[str, Any] = {
        'color_order': color,
        'tensor_layout': layout,
        'net_scale_factor': float(given.text('net-scale-factor', '1')),
        'interpolation': given.choice('scaling-filter', _INTERPOLATIONS, 'linear'),
        'fit': 'stretch',
    }
    if given.has('offsets'):
        encode['offsets'] = tuple(map(float, given.words('offsets')))
    if given.choice('maintain-aspect-ratio', _SWITCH, False):
        symmetric = given.choice('symmetric-padding', _SWITCH, False)
        encode['fit'] = 'letterbox' if symmetric else 'letterbox_top_left'
    key = 'infer-dims' if given.has('infer-dims') else 'input-dims'
    if given.has(key):
        numbers = [int(word) for word in given.words(key)]
        if len(numbers) < 3 or (key == 'infer-dims' and len(numbers) != 3):
            raise given.error(f'{key} is {given.text(key)}; channels;height;width are expected')
        planar = layout == 'NCHW'
        channels, height, width = numbers[:3] if planar else (numbers[2], *numbers[:2])
        if channels != (1 if color == 'gray' else 3):
            raise given.error(
                f'{key} is {given.text(key)}, with {channels} channels; model-color-format is '
                f'{color}. Correct one of them'
            )
        encode['network_image_height'], encode['network_image_width'] = height, width
    return encode


def _model_file(given: _Properties) -> Path:
    if given.has('onnx-file'):
        return given.file('onnx-file')
    if given.has('tlt-encoded-model'):
        # TAO writes plain ONNX under this key as well.
        file = given.file('tlt-encoded-model')
        if file.suffix == '.onnx':
            return file
        if not given.has('model-engine-file'):
            raise given.error(_ENCRYPTED)
    if given.has('model-engine-file'):
        return given.file('model-engine-file')
    raise given.error('no onnx-file is named; it is needed (Caffe and UFF models are not read)')


def _labels(given: _Properties) -> tuple[str, ...]:
    labels: tuple[str, ...] = ()
    if given.has('labelfile-path'):
        try:
            lines = read_lines(given.file('labelfile-path'))
        except ConfigError as error:
            raise given.error(f'labelfile-path {error}') from error
        words = [word.strip() for line in lines for word in line.split(';')]
        labels = label_texts([word for word in words if word])
    count = int(given.text('num-detected-classes', str(len(labels))))
    if labels and count != len(labels):
        raise given.error(
            f'num-detected-classes is {count}, and labelfile-path has {len(labels)} labels; '
            'correct one of them'
        )
    return labels


class _Properties:
    """The `[property]` group of a file, read as GLib does: the last one of equal keys counts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        parser = configparser.RawConfigParser(
            delimiters=('=',), comment_prefixes=('#',), strict=False, default_section=''
        )
        try:
            lines = path.read_text(encoding='utf-8-sig').splitlines()
            # A line that begins with blanks goes on with the one before to Python, not to GLib.
            parser.read_string('\n'.join(line.strip() for line in lines), str(path))
        except FileNotFoundError as error:
            raise self.error('it does not exist') from error
        except (OSError, UnicodeDecodeError, configparser.Error) as error:
            raise self.error(f'it cannot be read: {" ".join(str(error).split())}') from error
        if not parser.has_section('property'):
            raise self.error('it has no group [property]; a configuration of nvinfer is expected')
        self._values = {key: value.strip() for key, value in parser.items('property') if value}

    def error(self, text: str) -> ManifestError:
        return ManifestError(f'nvinfer file {str(self.path)!r}: {text}')

    def has(self, key: str) -> bool:
        return bool(self._values.get(key))

    def text(self, key: str, default: str = '') -> str:
        return self._values.get(key) or default

    def words(self, key: str) -> list[str]:
        return [word.strip() for word in self.text(key).split(';') if word.strip()]

    def file(self, key: str) -> Path:
        return self.path.parent / user_path(self.text(key))

    def choice(self, key: str, known: dict[str, Any], default: Any) -> Any:
        """Return what a number stands for, the default where the key is not there."""
        if not self.has(key):
            return default
        if self.text(key) not in known:
            raise self.error(f'{key} is {self.text(key)}; it must be one of {", ".join(known)}')
        return known[self.text(key)]
