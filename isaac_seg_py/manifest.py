"""Manifests: what a network is, written beside its file in YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
import hashlib
from pathlib import Path
from typing import Any, Final

from .config import DecodeConfig, EncodeConfig
from .errors import ConfigError, ManifestError, ModelError

_INPUT: Final = {
    'name': 'tensor_name',
    'layout': 'tensor_layout',
    'dtype': 'tensor_dtype',
    'color': 'color_order',
    'fit': 'fit',
    'mean': 'image_mean',
    'std': 'image_stddev',
    'net_scale_factor': 'net_scale_factor',
    'offsets': 'offsets',
    'padding_value': 'padding_value',
    'pad_after_normalization': 'pad_after_normalization',
    'interpolation': 'interpolation',
}
_OUTPUT: Final = {'kind': 'network_output_type', 'layout': 'data_format', 'threshold': 'threshold'}


@dataclass(frozen=True)
class Manifest:
    """
    What is known of one network.

    `encode` and `decode` hold settings by name, for `EncodeConfig` and `DecodeConfig`; settings
    that are not there keep their defaults.
    """

    name: str
    family: str
    file: Path
    description: str = ''
    sha256: str = ''
    license: str = ''
    source: str = ''
    url: str = ''
    output_name: str = ''
    encode: Mapping[str, Any] = field(default_factory=dict)
    decode: Mapping[str, Any] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    palette: tuple[int, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Read a manifest file; the model file is named relative to it."""
        import yaml

        try:
            text = path.read_text(encoding='utf-8')
            content = yaml.safe_load(text)
        except FileNotFoundError as error:
            raise ManifestError(f'manifest {str(path)!r} does not exist') from error
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            line = str(error).replace('\n', ' ')
            raise ManifestError(f'manifest {str(path)!r} cannot be read: {line}') from error
        try:
            return cls._from_content(content, path)
        except ManifestError:
            raise
        except (ConfigError, KeyError, TypeError, ValueError) as error:
            raise ManifestError(f'manifest {str(path)!r} is wrong: {error}') from error

    @classmethod
    def _from_content(cls, content: Any, path: Path) -> Manifest:
        if not isinstance(content, dict):
            raise ManifestError(
                f'manifest {str(path)!r} is a {type(content).__name__}; '
                'names and values are expected'
            )
        known = {'name', 'family', 'file', 'description', 'sha256', 'license', 'source', 'url'}
        _only(content, known | {'input', 'output', 'labels', 'palette'}, path, 'manifest')
        for key in ('name', 'family', 'file'):
            if not content.get(key):
                raise ManifestError(f'manifest {str(path)!r} has no {key}; it is needed')
        given = _section(content, 'input', path)
        taken = _section(content, 'output', path)
        _only(given, {*_INPUT, 'size'}, path, 'input')
        _only(taken, {*_OUTPUT, 'name'}, path, 'output')
        encode = {_INPUT[key]: value for key, value in given.items() if key in _INPUT}
        if 'size' in given:
            encode['network_image_height'], encode['network_image_width'] = given['size']
        decode = {_OUTPUT[key]: value for key, value in taken.items() if key in _OUTPUT}
        # Wrong values are found here, at the border, and not when the first image comes.
        EncodeConfig(**encode)
        DecodeConfig(**decode, color_palette=tuple(content.get('palette') or ()))
        texts = {key: str(content.get(key) or '') for key in known - {'file'}}
        return cls(
            file=path.parent / str(content['file']),
            output_name=str(taken.get('name', '')),
            encode=encode,
            decode=decode,
            labels=tuple(map(str, content.get('labels') or ())),
            palette=tuple(content.get('palette') or ()),
            **texts,
        )

    @property
    def on_disk(self) -> bool:
        """Say whether the model file is there."""
        return self.file.is_file()

    def model_file(self) -> Path:
        """Return the model file after checking that it is there and is the one that is meant."""
        if not self.on_disk:
            hint = f'; it comes from {self.url}' if self.url else ''
            raise ModelError(f'model {self.name}: file {str(self.file)!r} does not exist{hint}')
        if self.sha256:
            found = hashlib.sha256(self.file.read_bytes()).hexdigest()
            if found != self.sha256.lower():
                raise ModelError(
                    f'model {self.name}: {str(self.file)!r} has sha256 {found}, its manifest says '
                    f'{self.sha256}. The file is damaged or another version: get it again, or '
                    'correct the manifest'
                )
        return self.file


def _section(content: Mapping[str, Any], key: str, path: Path) -> Mapping[str, Any]:
    section = content.get(key) or {}
    if not isinstance(section, dict):
        raise ManifestError(
            f'manifest {str(path)!r}: {key} is {section!r}; names and values expected'
        )
    return section


def _only(content: Mapping[str, Any], known: set[str], path: Path, where: str) -> None:
    unknown = sorted(str(key) for key in set(content) - known)
    if unknown:
        raise ManifestError(
            f'manifest {str(path)!r}: {where} has unknown {", ".join(unknown)}; '
            f'known are {", ".join(sorted(known))}'
        )
