"""Open a bag, whatever form it has, and make one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import os
from pathlib import Path
from typing import Any, Final

from .folder_writer import FolderWriter, METADATA
from .mcap_reader import is_mcap, McapReader
from .mcap_writer import McapWriter
from .records import BagReader, BagWriter
from .split_reader import SplitReader
from .sqlite_reader import is_sqlite, SqliteReader
from .sqlite_writer import SqliteWriter
from .whole import beside, WholeWriter
from ..errors import ConfigError
from ..user_files import read_yaml, user_path

_SUFFIXES: Final = {'mcap': '.mcap', 'sqlite3': '.db3'}
# Nobody means a folder of rosbag2 by such a name.
_OF_NO_BAG: Final = ('.db3', '.bag', '.mp4', '.avi', '.mkv', '.mov', '.webm')
# What rosbag2 and SQLite leave in the folder of a bag.
_OF_BAGS: Final = ('.mcap', '.db3', '.db3-wal', '.db3-shm', '.db3-journal')


def open_bag(text: str | Path) -> BagReader:
    """Open an MCAP file, a .db3 file, or a folder of rosbag2 with either."""
    path = user_path(text)
    if not path.exists():
        raise ConfigError(f'bag {str(path)!r} does not exist; give an .mcap file or a folder')
    if not path.is_dir():
        return _open_file(path)
    said = _metadata(path)
    compression = str(said.get('compression_mode') or '').lower()
    if compression == 'file':
        raise ConfigError(
            f'the files of bag {str(path)!r} are compressed as a whole; unpack them with '
            '`zstd -d --rm`, and remove metadata.yaml or put their names right in it'
        )
    named = said.get('relative_file_paths') or []
    files = [path / str(name) for name in named] or sorted(
        file for file in path.iterdir() if file.suffix in _SUFFIXES.values()
    )
    missing = [file.name for file in files if not file.is_file()]
    there = [file for file in files if file.is_file()]
    if not there:
        raise ConfigError(
            f'folder {str(path)!r} has no file of a bag; .mcap or .db3 files are looked for'
        )
    if len(there) == 1 and not missing and not compression:
        return _open_file(there[0])
    return SplitReader([_open_file(file) for file in there], missing, packed=bool(compression))


def make_bag(
    path: Path, storage: str, *, compression: str = 'zstd', overwrite: bool = False
) -> BagWriter:
    """
    Make a bag: an MCAP file where the name ends with .mcap, else a folder of rosbag2.

    `storage` is mcap or sqlite3 and counts for folders. What is there is replaced on request, a
    folder only where it holds a bag and nothing else, and not before the new bag is whole.
    """
    if path.suffix.lower() in _OF_NO_BAG:
        raise ConfigError(
            f'{str(path)!r} ends with {path.suffix}; a name that ends with .mcap, or that of a '
            'folder, is expected'
        )
    if path.exists() or path.is_symlink():
        if not overwrite:
            raise ConfigError(f'{str(path)!r} is there already; give --overwrite to replace it')
        _files_of_bag(path)
    # Beside `.` there is nothing unless it has its name.
    path = Path(os.path.abspath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    place = beside(path)
    if path.suffix == '.mcap':
        return WholeWriter(McapWriter(place, compression), place, path, lambda: _clear(path))
    place.mkdir()
    file = place / f'{path.name}_0{_SUFFIXES[storage]}'
    writer = SqliteWriter(file) if storage == 'sqlite3' else McapWriter(file, compression)
    folder = FolderWriter(place, file, storage, writer)
    return WholeWriter(folder, place, path, lambda: _clear(path))


def _open_file(path: Path) -> BagReader:
    if not path.is_file():
        raise ConfigError(f'{str(path)!r} is no file; an .mcap file or a folder is expected')
    if is_mcap(path):
        return McapReader(path)
    if is_sqlite(path):
        return SqliteReader(path)
    raise ConfigError(
        f'{str(path)!r} begins neither as MCAP nor as SQLite files do; it is no bag of ROS 2, or '
        'nothing of it was written'
    )


def _metadata(folder: Path) -> Mapping[str, Any]:
    """Return what metadata.yaml says, nothing where a recording ended without writing it."""
    file = folder / METADATA
    if not file.is_file():
        return {}
    content = read_yaml(file, 'metadata of the bag')
    said = content.get('rosbag2_bagfile_information') if isinstance(content, dict) else None
    if not isinstance(said, dict) or not isinstance(said.get('relative_file_paths', []), Sequence):
        raise ConfigError(
            f'{str(file)!r} is no metadata of rosbag2; without that file the bag can be read'
        )
    return said


def _clear(path: Path) -> None:
    """Remove a bag where there is one; refuse a folder with anything else in it."""
    files = _files_of_bag(path)
    for file in files:
        file.unlink(missing_ok=True)
    if path not in files and path.exists():
        path.rmdir()


def _files_of_bag(path: Path) -> list[Path]:
    """Return the files of a bag; refuse a folder with anything else in it."""
    if not path.is_dir() or path.is_symlink():
        return [path]
    files = list(path.iterdir())
    others = [file.name for file in files if file.name != METADATA and file.suffix not in _OF_BAGS]
    if others:
        raise ConfigError(
            f'folder {str(path)!r} holds {others[0]!r}, which is of no bag; choose another output'
        )
    return files
