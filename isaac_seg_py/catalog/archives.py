"""Take one file out of a tar or zip archive; nothing else of it reaches the disk."""

from __future__ import annotations

import lzma
from pathlib import Path, PurePosixPath
import tarfile
from typing import Final, IO
import zipfile
import zlib

from ..errors import ModelError

_BLOCK: Final = 1 << 20
_MOST_MEMBERS: Final = 10_000


def take_member(archive: Path, member: str, target: Path, *, largest: int) -> None:
    """
    Write the file `member` of an archive to `target`.

    It is found by its whole path in the archive, or by its name alone where only one has it.
    """
    broken = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError)
    try:
        if zipfile.is_zipfile(archive):
            _from_zip(archive, member, target, largest)
        else:
            _from_tar(archive, member, target, largest)
    except (*broken, RuntimeError, NotImplementedError) as error:
        # The last two come from a zip archive that is encrypted, or packed in an unknown way.
        target.unlink(missing_ok=True)
        raise ModelError(f'archive {str(archive)!r} cannot be read: {error}') from error


def _from_zip(archive: Path, member: str, target: Path, largest: int) -> None:
    with zipfile.ZipFile(archive) as opened:
        names = [info.filename for info in opened.infolist() if not info.is_dir()]
        with opened.open(_chosen(archive, member, names)) as source:
            _copy(archive, source, target, largest)


def _from_tar(archive: Path, member: str, target: Path, largest: int) -> None:
    with tarfile.open(archive) as opened:
        files: dict[str, tarfile.TarInfo] = {}
        seen = 0
        for info in opened:
            # To reach the next member, a packed archive is unpacked up to there.
            seen += info.size
            if seen > largest or len(files) > _MOST_MEMBERS:
                raise _too_large(archive, largest)
            if info.isfile():
                files[info.name] = info
        source = opened.extractfile(files[_chosen(archive, member, list(files))])
        if source is None:
            raise ModelError(f'archive {str(archive)!r}: {member} is no file')
        with source:
            _copy(archive, source, target, largest)


def _chosen(archive: Path, member: str, names: list[str]) -> str:
    wanted = PurePosixPath(member)
    by_path = [name for name in names if PurePosixPath(name) == wanted]
    found = by_path or [name for name in names if PurePosixPath(name).name == member]
    if len(found) != 1:
        shown = ', '.join(names[:20]) or 'nothing'
        few = 'no' if not found else f'{len(found)} times'
        raise ModelError(
            f'archive {str(archive)!r} has {few} {member}; it holds {shown}. '
            'Correct member in the manifest'
        )
    return found[0]


def _copy(archive: Path, source: IO[bytes], target: Path, largest: int) -> None:
    written = 0
    with target.open('wb') as file:
        while block := source.read(_BLOCK):
            written += len(block)
            if written > largest:
                raise _too_large(archive, largest)
            file.write(block)


def _too_large(archive: Path, largest: int) -> ModelError:
    return ModelError(
        f'archive {str(archive)!r} unpacks to more than {largest} bytes, the most that is taken'
    )
