"""Which files `isaac-seg segment` writes for which input: known and checked before it begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
import os
from pathlib import Path

from ..errors import ConfigError
from ..media import IMAGE_SUFFIXES, Source, VIDEO_SUFFIX
from ..user_files import user_path


@dataclass(frozen=True)
class Plan:
    """
    Where results go.

    `file` is the one file asked for, None where a folder is. `stems` has, for each source, its
    inputs with the path that the names of their results begin with.
    """

    folder: Path
    file: Path | None
    stems: tuple[Mapping[Path, Path], ...]

    @classmethod
    def of(cls, output: str, texts: Sequence[str], sources: Sequence[Source]) -> Plan:
        """Plan for sources that were given as `texts`; raise ConfigError for a wrong output."""
        file = _single_file(output, sources)
        folder = file.parent if file else user_path(output)
        for text, source in zip(texts, sources, strict=True):
            listed = user_path(text) not in source.files
            if listed and any(_same(path.parent, folder) for path in source.files):
                raise ConfigError(
                    f'the output {output!r} is the folder of the inputs {text!r}: the next run '
                    'would take the results for inputs. Choose another folder'
                )
        given: set[str] = set()
        stems = tuple(
            {path: folder / _unique(path.stem, given) for path in source.files}
            for source in sources
        )
        return cls(folder, file, stems)

    def check(self, endings: Iterable[Iterable[str]], *, overwrite: bool) -> None:
        """Refuse to lose a file; `endings` are those of the results of each source."""
        paths = [self.file] if self.file else [
            stem.with_name(stem.name + ending)
            for stems, ends in zip(self.stems, endings, strict=True)
            for stem in stems.values()
            for ending in ends
        ]  # fmt: skip
        there = [path for path in paths if path.exists()]
        for stems in self.stems:
            for path in there:
                if any(_same(path, source) for source in stems):
                    raise ConfigError(f'{str(path)!r} is the input; choose another output')
        if there and not overwrite:
            which = f'{str(there[0])!r} is there already'
            if len(there) > 1:
                which = f'{len(there)} of {len(paths)} files are there already, {str(there[0])!r}'
                which += ' first'
            them = 'them' if len(there) > 1 else 'it'
            raise ConfigError(f'{which}; give --overwrite to replace {them}')


def _single_file(output: str, sources: Sequence[Source]) -> Path | None:
    """Return the file that the output names, None where it names a folder."""
    path = user_path(output)
    suffix = path.suffix.lower()
    if output.endswith(os.sep) or path.is_dir() or not suffix:
        return None
    if suffix not in (*IMAGE_SUFFIXES, VIDEO_SUFFIX):
        raise ConfigError(
            f'the output {output!r} ends with {suffix}; {VIDEO_SUFFIX} for a video, or one of '
            f'{", ".join(IMAGE_SUFFIXES)} for a picture is expected. For a folder end it with /'
        )
    is_video = suffix == VIDEO_SUFFIX
    if len(sources) != 1 or (not sources[0].is_video and sources[0].count != 1):
        raise ConfigError(f'{output!r} is a file, but several pictures come; give a folder')
    if sources[0].is_video != is_video:
        came, expected = ('picture', IMAGE_SUFFIXES[2]) if is_video else ('video', VIDEO_SUFFIX)
        raise ConfigError(
            f'the output {output!r} ends with {suffix}, but a {came} comes; {expected} or a '
            'folder is expected'
        )
    return path


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
