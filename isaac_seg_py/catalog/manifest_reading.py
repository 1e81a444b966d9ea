"""Read a manifest, and check what it says."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
import difflib
from pathlib import Path
from typing import Any, Final

from .checksums import is_sha256
from .data_folders import model_folders, user_folder
from .label_sets import (
    background_number,
    find_label_set,
    label_texts,
    read_color_file,
    read_label_file,
)
from .manifest import Manifest, Part
from .manifest_variants import read_variants
from ..automatic_config import AutomaticConfig
from ..config import DecodeConfig, EncodeConfig
from ..errors import ConfigError, ManifestError
from ..infer_config import InferConfig
from ..instance_config import InstanceConfig
from ..prompt_config import PromptConfig
from ..settings import from_mapping, settings_of
from ..track_config import TrackConfig
from ..user_files import user_path

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
_TEXTS: Final = (
    'name', 'family', 'description', 'license', 'source', 'url', 'sha256', 'member', 'terms',
    'export', 'how',
)  # fmt: skip
_OTHERS: Final = (
    'file', 'files', 'aliases', 'input', 'output', 'infer', 'labels', 'labels_file', 'palette',
    'palette_file', 'background', 'everything',
)  # fmt: skip


def read_manifest(path: Path, name: str = '') -> Manifest:
    """Return the model that a file describes, or that of its variants which has the name."""
    variants = read_variants(path)
    if name not in variants:
        raise ManifestError(
            f'manifest {str(path)!r} describes {len(variants)} models; ask for one by its name: '
            f'{", ".join(variants)}'
        )
    try:
        return _manifest(variants[name], path)
    except ManifestError:
        raise
    except (ConfigError, KeyError, TypeError, ValueError) as error:
        raise ManifestError(f'manifest {str(path)!r} is wrong: {error}') from error


def _manifest(content: Mapping[str, Any], path: Path) -> Manifest:
    _only(content, {*_TEXTS, *_OTHERS}, path, 'manifest')
    if not content.get('family'):
        raise ManifestError(f'manifest {str(path)!r} has no family; it is needed')
    content = {**content, 'name': content.get('name') or path.stem}
    texts: dict[str, Any] = {key: _text(content, key, path) for key in _TEXTS}
    if texts['name'].startswith('.') or not texts['name'].isprintable() or '/' in texts['name']:
        raise ManifestError(f'manifest {str(path)!r}: name {texts["name"]!r} cannot name a folder')
    given, taken = (_section(content, key, path) for key in ('input', 'output'))
    classes = _classes(content, path)
    parts = _parts(content, path, texts)
    only = parts.get('')
    return Manifest(
        file=next(iter(parts.values())).file,
        output_name=str(taken.get('name', '')),
        encode=_encode(given, path),
        decode=_decode(taken, classes['palette'], path),
        infer=_infer(_section(content, 'infer', path)),
        everything=_everything(_section(content, 'everything', path)),
        aliases=label_texts(content.get('aliases') or []),
        parts={} if only else parts,
        path=path,
        **texts,
        **classes,
    )


def _parts(content: Mapping[str, Any], path: Path, texts: Mapping[str, str]) -> dict[str, Part]:
    named = _section(content, 'files', path)
    if bool(content.get('file')) == bool(named):
        raise ManifestError(
            f'manifest {str(path)!r} has no file; it is needed (files, for a network of several)'
        )
    given: Mapping[Any, Any] = named or {'': content}
    parts = {}
    for name, said in given.items():
        facts = said if isinstance(said, dict) else {'file': said}
        if name:
            _only(facts, {'file', 'url', 'sha256', 'member'}, path, f'files.{name}')
        found = {key: _text(facts, key, path) for key in ('url', 'member')}
        if found['url'] and not (found['url'].startswith('https://') and found['url'].isascii()):
            raise ManifestError(
                f'manifest {str(path)!r}: url is {found["url"][:80]!r}; an address that begins '
                'with https:// is expected'
            )
        file = _text(facts, 'file', path)
        parts[str(name)] = Part(
            _place(path, texts['name'], file), sha256=_digest(facts, path), **found
        )
    return parts


def _digest(facts: Mapping[str, Any], path: Path) -> str:
    digest = facts.get('sha256') or ''
    # Digits alone are a number to YAML, which would lose those at its front.
    if type(facts.get('sha256')) is int or (digest and not is_sha256(str(digest).lower())):
        raise ManifestError(
            f'manifest {str(path)!r}: sha256 must have 64 hexadecimal digits, in quotes if '
            'none of them is a letter'
        )
    return str(digest)


def _place(path: Path, name: str, file: str) -> Path:
    """Return where a model's file is: beside the manifest, or where it was fetched to."""
    beside = path.parent / user_path(file)
    if not beside.is_file():
        with suppress(RuntimeError):
            fetched = user_folder() / name / Path(file).name
            if fetched.is_file():
                return fetched
    return beside


def _encode(given: Mapping[str, Any], path: Path) -> dict[str, Any]:
    _only(given, {*_INPUT, 'size'}, path, 'input')
    encode = {_INPUT[key]: value for key, value in given.items() if key in _INPUT}
    if 'size' in given:
        encode['network_image_height'], encode['network_image_width'] = given['size']
    # Wrong values are found here, at the border, and not when the first image comes.
    EncodeConfig(**encode)
    return encode


def _decode(taken: Mapping[str, Any], palette: tuple[int, ...], path: Path) -> dict[str, Any]:
    """Return the settings of an output, which are all of classes or all of objects."""
    kinds = (DecodeConfig, InstanceConfig, PromptConfig, TrackConfig)
    known = {name for kind in kinds for name in settings_of(kind)}
    _only(taken, {*_OUTPUT, *known, 'name'}, path, 'output')
    decode = {_OUTPUT.get(key, key): value for key, value in taken.items() if key != 'name'}
    for kind in kinds:
        if set(decode) <= set(settings_of(kind)):
            kind(**decode)
            # Colours are checked for every kind, though not each has a setting for them.
            DecodeConfig(color_palette=palette)
            return decode
    raise ManifestError(
        f'manifest {str(path)!r}: output has settings of classes and settings of objects; '
        f'give only those of one: {", ".join(sorted(decode))}'
    )


def _infer(given: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(str(key) for key in given if key not in settings_of(InferConfig))
    if unknown:
        raise ConfigError(f'infer has unknown {", ".join(unknown)}')
    if {'model', 'model_file_path'} & set(given):
        raise ConfigError('infer names a model; the manifest itself is of one')
    InferConfig(**given)
    return dict(given)


def _everything(given: Mapping[str, Any]) -> dict[str, Any]:
    from_mapping(AutomaticConfig, given)
    return dict(given)


def _classes(content: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return names, colours and background: of a set, lists, or jetson-inference's text files."""
    for key in ('labels', 'palette'):
        if content.get(key) and content.get(f'{key}_file'):
            raise ManifestError(f'manifest {str(path)!r} has {key} and {key}_file; give one')
    folders = [path.parent, *model_folders()]
    labels, palette = content.get('labels') or [], content.get('palette') or []
    alphas: tuple[int, ...] = ()
    background = 0
    if isinstance(labels, str):
        found = find_label_set(labels, folders)
        labels, palette = found.labels, palette or found.palette
        background = found.background
    if isinstance(palette, str):
        palette = find_label_set(palette, folders).palette
    if content.get('labels_file'):
        labels = read_label_file(path.parent / user_path(_text(content, 'labels_file', path)))
    if content.get('palette_file'):
        read = read_color_file(path.parent / user_path(_text(content, 'palette_file', path)))
        palette, alphas = read.colors, read.alphas
    names = label_texts(labels)
    return {
        'labels': names,
        'palette': tuple(palette),
        'alphas': alphas,
        'background': background_number(content, names, background),
    }


def _text(content: Mapping[str, Any], key: str, path: Path) -> str:
    value = content.get(key)
    if value is None or isinstance(value, (str, int, float)):
        # What a terminal would take for orders is no text.
        return ''.join(c if c.isprintable() else ' ' for c in str(value or ''))
    raise ManifestError(
        f'manifest {str(path)!r}: {key} is a {type(value).__name__}; a text is expected'
    )


def _section(content: Mapping[str, Any], key: str, path: Path) -> Mapping[str, Any]:
    section = content.get(key) or {}
    if not isinstance(section, dict):
        raise ManifestError(
            f'manifest {str(path)!r}: {key} is {str(section)[:60]}; names and values expected'
        )
    return section


def _only(content: Mapping[str, Any], known: set[str], path: Path, where: str) -> None:
    unknown = sorted(str(key) for key in content if key not in known)
    if unknown:
        close = [match for key in unknown for match in difflib.get_close_matches(key, known, 1)]
        hint = f'did you mean {", ".join(close)}? Known' if close else 'known'
        raise ManifestError(
            f'manifest {str(path)!r}: {where} has unknown {", ".join(unknown)}; {hint} are '
            f'{", ".join(sorted(known))}'
        )
