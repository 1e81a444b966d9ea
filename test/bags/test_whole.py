"""A bag takes its place once it is whole; an error leaves what was there."""

from __future__ import annotations

from pathlib import Path

from isaac_seg_py.bags.opening import make_bag, open_bag
from isaac_seg_py.bags.records import BagMessage, Topic
import pytest

KINDS = [('x.mcap', 'mcap'), ('x', 'mcap'), ('x', 'sqlite3')]


def message(number: int) -> BagMessage:
    return BagMessage(Topic('/a', 'a/msg/A'), number, number, bytes([number] * 9))


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob('*') if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@pytest.mark.parametrize(('name', 'storage'), KINDS)
def test_an_error_leaves_what_was_there(tmp_path: Path, name: str, storage: str) -> None:
    place = tmp_path / name
    for has_bag in (False, True):
        if has_bag:
            with make_bag(place, storage) as writer:
                writer.write(message(1))
        before = files(tmp_path)
        assert bool(before) == has_bag
        with (
            pytest.raises(RuntimeError, match='wrong'),
            make_bag(place, storage, overwrite=True) as writer,
        ):
            writer.write(message(2))
            raise RuntimeError('wrong')
        writer.close()
        assert files(tmp_path) == before
        assert place.exists() == has_bag


@pytest.mark.parametrize(('name', 'storage'), KINDS)
def test_what_a_run_left_half_done_goes(tmp_path: Path, name: str, storage: str) -> None:
    place, left = tmp_path / name, tmp_path / f'.{name}.part'
    for number in (1, 2):
        if number == 1:
            left.write_bytes(b'half')
        else:
            left.mkdir()
            (left / f'{name}_0.db3').write_bytes(b'half')
        with make_bag(place, storage, overwrite=True) as writer:
            writer.write(message(number))
            assert left.exists()
            assert place.exists() == (number == 2)
        assert [path.name for path in tmp_path.iterdir()] == [name]
        with open_bag(place) as reader:
            assert [record.data[0] for record in reader.records()] == [number]
