"""Which files `isaac-seg segment` writes for which input: known and checked before it begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
import os
from pathlib import Path
import re
from typing import Final

from ...errors import ConfigError
from ...media import IMAGE_SUFFIXES, Source, VIDEO_SUFFIX
from ...user_files import user_path
from ...video_address import read_address, scheme_of

# The place of a number in a name, as segNet and printf have it: %i, %05d.
_NUMBER: Final = re.compile(r'%0?\d{0,2}[di]')


@dataclass(frozen=True)
class Plan:
    """
    Where results go.

    `targets` has, for each source, its inputs with the path that the names of their results begin
    with. With `single` that path is the one file to write of the input. `shown` is what the user
    called it all.
    """

    folder: Path
    shown: str
    single: bool
    targets: tuple[Mapping[Path, Path], ...]

    @classmethod
    def of(cls, output: str, texts: Sequence[str], sources: Sequence[Source]) -> Plan:
        """Plan for sources that were given as `texts`; raise ConfigError for a wrong output."""
        path = _output_path(output)
        single = _is_single(output, path, sources)
        folder = path.parent if single else path
        for text, source in zip(texts, sources, strict=True):
            given = read_address(text)
            listed = isinstance(given, Path) and user_path(given) not in source.files
            if listed and any(_same(file.parent, folder) for file in source.files):
                raise ConfigError(
                    f'the output {output!r} is the folder of the inputs {text!r}: the next run '
                    'would take the results for inputs. Choose another folder'
                )
        if not single:
            return cls(folder, str(folder), single, _stems(folder, sources))
        return cls(folder, str(path), single, _numbered(path, sources))

    def check(
        self,
        endings: Iterable[Iterable[str]],
        *,
        overwrite: bool,
        beside: Iterable[Path] = (),
    ) -> None:
        """
        Refuse to lose a file.

        `endings` are those of the results of each source, `beside` are further files to write.
        """
        paths = [
            target if self.single else target.with_name(target.name + ending)
            for targets, ends in zip(self.targets, endings, strict=True)
            for target in targets.values()
            for ending in (ends if not self.single else [''])
        ]
        for path in beside:
            if path in paths:
                raise ConfigError(f'{str(path)!r} is to be written twice; choose another name')
            paths.append(path)
        there = [path for path in paths if path.exists()]
        for targets in self.targets:
            for path in there:
                if any(_same(path, source) for source in targets):
                    raise ConfigError(f'{str(path)!r} is the input; choose another output')
        if there and not overwrite:
            which = f'{str(there[0])!r} is there already'
            if len(there) > 1:
                which = f'{len(there)} of {len(paths)} files are there already, {str(there[0])!r}'
                which += ' first'
            them = 'them' if len(there) > 1 else 'it'
            raise ConfigError(f'{which}; give --overwrite to replace {them}')


def _output_path(output: str) -> Path:
    """Return where the output lies; it may be written as segNet has it, file://PATH."""
    scheme = scheme_of(output)
    if scheme in ('', 'file'):
        return user_path(output.partition('://')[2] if scheme else output)
    raise ConfigError(
        f'the output is {output!r}; a folder or a file is expected. To publish the masks of a '
        'camera instead: isaac-seg run unet source:=/dev/video0'
    )


def _is_single(output: str, path: Path, sources: Sequence[Source]) -> bool:
    """Say whether the output names the one file of each input, and not a folder."""
    suffix = path.suffix.lower()
    if output.endswith(os.sep) or path.is_dir() or not suffix:
        return False
    if suffix not in (*IMAGE_SUFFIXES, VIDEO_SUFFIX):
        raise ConfigError(
            f'the output {output!r} ends with {suffix}; {VIDEO_SUFFIX} for a video, or one of '
            f'{", ".join(IMAGE_SUFFIXES)} for a picture is expected. For a folder end it with /'
        )
    is_video = suffix == VIDEO_SUFFIX
    several = len(sources) != 1 or (not sources[0].is_video and sources[0].count != 1)
    if several and not _NUMBER.search(path.name):
        raise ConfigError(
            f'{output!r} is a file, but several pictures come; give a folder, or a name with the '
            f'place of a number: {path.stem}_%i{path.suffix}'
        )
    if any(source.is_video != is_video for source in sources):
        came, expected = ('picture', IMAGE_SUFFIXES[2]) if is_video else ('video', VIDEO_SUFFIX)
        raise ConfigError(
            f'the output {output!r} ends with {suffix}, but a {came} comes; {expected} or a '
            'folder is expected'
        )
    return True


def _stems(folder: Path, sources: Sequence[Source]) -> tuple[Mapping[Path, Path], ...]:
    """Return what the names of the results begin with, different for each input."""
    given: set[str] = set()
    return tuple(
        {path: folder / _unique(path.stem, given) for path in source.files} for source in sources
    )


def _numbered(path: Path, sources: Sequence[Source]) -> tuple[Mapping[Path, Path], ...]:
    """Return the file of each input; its number, from 0, stands where the name has a place."""
    numbers = iter(range(sum(len(source.files) for source in sources)))

    def target() -> Path:
        number = next(numbers)
        name = _NUMBER.sub(lambda place: place[0] % number, path.name, count=1)
        return path.with_name(name)

    return tuple({file: target() for file in source.files} for source in sources)


def _unique(name: str, given: set[str]) -> str:
    """Return the name, or with a number behind it when it was given before."""
    number, unique = 1, name
    while unique in given:
        number += 1
        unique = f'{name}_{number}'
    given.add(unique)
    return unique


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)
