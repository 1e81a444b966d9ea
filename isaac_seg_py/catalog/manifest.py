"""Manifests: what a network is, written beside its file in YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .checksums import recorded_sha256, sha256_of
from ..errors import ConfigError, ModelError


@dataclass(frozen=True)
class Part:
    """
    One file of a network, and where it comes from.

    Where `member` is given, `url` is an archive and `member` the file in it that is meant.
    """

    file: Path
    url: str = ''
    sha256: str = ''
    member: str = ''


@dataclass(frozen=True)
class Manifest:
    """
    What is known of one network.

    `encode`, `decode` and `infer` hold settings by name, for `EncodeConfig`, for `DecodeConfig` or
    `InstanceConfig`, and for `InferConfig`; settings that are not there keep their defaults.
    `everything` are those of `AutomaticConfig`, for networks that are shown objects.
    `alphas` are opacities as in `Palette`, `background` is a class, or -1 where there is none.
    `parts` are the files of a network that has several, by what each is for; `file` is the first.
    `terms` are conditions to accept before it is fetched, `export` what `isaac-seg export` makes
    it of, `how` the way to get it that nobody can go for the user.
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
    alphas: tuple[int, ...] = ()
    background: int = 0
    infer: Mapping[str, Any] = field(default_factory=dict)
    everything: Mapping[str, Any] = field(default_factory=dict)
    member: str = ''
    terms: str = ''
    export: str = ''
    how: str = ''
    aliases: tuple[str, ...] = ()
    parts: Mapping[str, Part] = field(default_factory=dict)
    path: Path | None = None

    @classmethod
    def read(cls, path: Path, name: str = '') -> Manifest:
        """Read a manifest file; `name` says which model, where it describes several."""
        from .manifest_reading import read_manifest

        return read_manifest(path, name)

    @property
    def all_parts(self) -> Mapping[str, Part]:
        """Return every file of the network; the only one of most has the name ''."""
        return self.parts or {'': Part(self.file, self.url, self.sha256, self.member)}

    @property
    def on_disk(self) -> bool:
        """Say whether every file of the network is there."""
        return all(part.file.is_file() for part in self.all_parts.values())

    def model_file(self, part: str = '') -> Path:
        """Return a file of the network after checking that it is there and the one meant."""
        found = self.part(part)
        if not found.file.is_file():
            raise ModelError(
                f'model {self.name}: file {str(found.file)!r} does not exist{self._remedy(found)}'
            )
        expected = found.sha256 or recorded_sha256(found.file)
        if expected:
            digest = sha256_of(found.file)
            if digest != expected.lower():
                said = 'its manifest says' if found.sha256 else 'when it was fetched it had'
                raise ModelError(
                    f'model {self.name}: {str(found.file)!r} has sha256 {digest}, {said} '
                    f'{expected}. The file is damaged or another version: get it again, or '
                    'correct the manifest'
                )
        return found.file

    def part(self, name: str = '') -> Part:
        """Return one of the network's files."""
        found = self.all_parts.get(name)
        if found is None:
            known = ', '.join(map(repr, self.all_parts))
            raise ConfigError(f'model {self.name} has no part {name!r}; it has {known}')
        return found

    def _remedy(self, part: Part) -> str:
        if part.url:
            return f'. To get it: isaac-seg models fetch {self.name}'
        if self.export:
            return f'. To make it: isaac-seg export {self.name}'
        return f'. {self.how}' if self.how else ''
