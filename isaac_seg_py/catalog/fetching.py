"""Bring a model's files from where its manifest says to the user's own folder."""

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path

from .archives import take_member
from .checksums import record_path, record_sha256, recorded_sha256, sha256_of
from .data_folders import user_folder
from .download import download, LARGEST
from .manifest import Manifest, Part
from ..errors import ConfigError, ModelError
from ..user_files import empty_folders_go

Say = Callable[[str], None]


def fetch_model(
    manifest: Manifest,
    *,
    beside: bool = False,
    accept_terms: bool = False,
    largest: int = LARGEST,
    say: Say = print,
) -> list[Path]:
    """
    Fetch what is missing of a model, and return its files.

    They go to the user's folder, or beside the manifest where asked. `say` is told what was done.
    """
    files = []
    for name, part in manifest.all_parts.items():
        if part.file.is_file():
            files.append(manifest.model_file(name))
            say(f'{part.file} is there')
            continue
        if part.url and manifest.terms and not accept_terms:
            raise ConfigError(
                f'model {manifest.name} is under the terms at {manifest.terms} '
                f'({manifest.license}); read them, and if you agree say so with --accept-terms'
            )
        files.append(_fetch(manifest, part, beside, largest, say))
    return files


def _fetch(manifest: Manifest, part: Part, beside: bool, largest: int, say: Say) -> Path:
    if not part.url:
        how = manifest.how or 'Nobody says where it is.'
        if manifest.export:
            how = f'It is made: isaac-seg export {manifest.name}'
        raise ModelError(f'model {manifest.name}: {part.file.name} cannot be fetched. {how}')
    target = _target(manifest, part, beside)
    if target.exists():
        raise ModelError(f'{str(target)!r} is in the way; move it')
    incoming = target.with_name(f'{target.name}.download')
    say(f'{manifest.name}: {part.url}')
    if manifest.license:
        say(f'licence: {manifest.license}')
    with empty_folders_go(target.parent):
        download(part.url, incoming, largest=largest)
        try:
            if part.member:
                archive = incoming.with_name(f'{target.name}.archive')
                os.replace(incoming, archive)
                try:
                    take_member(archive, part.member, incoming, largest=largest)
                finally:
                    archive.unlink()
            digest = _checked(manifest, part, incoming, target)
            os.replace(incoming, target)
        except BaseException:
            incoming.unlink(missing_ok=True)
            raise
    if not part.sha256 and not recorded_sha256(target):
        record_sha256(target, digest)
        say(
            f'the manifest gives no sha256: {digest} came and is trusted from now on '
            f'(recorded in {record_path(target).name})'
        )
    say(f'{target}: {target.stat().st_size / 1e6:.2f} MB')
    return target


def _target(manifest: Manifest, part: Part, beside: bool) -> Path:
    if not beside:
        try:
            return user_folder() / manifest.name / part.file.name
        except RuntimeError as error:
            raise ConfigError('there is no home folder; set XDG_DATA_HOME') from error
    return part.file


def _checked(manifest: Manifest, part: Part, incoming: Path, target: Path) -> str:
    """Return the SHA-256 of what came, which must be what is expected."""
    digest = sha256_of(incoming)
    expected = part.sha256.lower() or recorded_sha256(target)
    if expected and digest != expected:
        reason = (
            'its manifest says'
            if part.sha256
            else f'when it was first fetched it had (see {record_path(target)})'
        )
        raise ModelError(
            f'model {manifest.name}: {target.name} came with sha256 {digest}, {reason} '
            f'{expected}. It is damaged or another version, and was not kept'
        )
    return digest
