"""Plans are found again, only whole and trusted ones are read, and nothing old is lost."""

from __future__ import annotations

import errno
import logging
import os
from pathlib import Path
import stat

from isaac_seg_py.errors import BackendError
from isaac_seg_py.infer import plan_file
from isaac_seg_py.infer.engine_cache import cache_folder, EngineCache
from isaac_seg_py.infer.plan_file import read_trusted
from plan_builder import Builder
import pytest

KEY = {'model': 'abc', 'options': {'precision': 'fp16', 'shapes': [[1, 3]]}}
MODEL = Path('net.onnx')


@pytest.fixture
def cache(tmp_path: Path) -> EngineCache:
    return EngineCache(tmp_path / 'engines')


def test_a_plan_is_built_once(cache: EngineCache) -> None:
    build = Builder()
    file = cache.file_for(MODEL, KEY)
    first = cache.get(file, KEY, build)
    second = cache.get(file, KEY, build)
    assert (first.was_built, second.was_built, build.count) == (True, False, 1)
    assert first.plan == second.plan == b'a plan'
    assert second.facts['model'] == 'net.onnx'
    assert cache.get(file, KEY, build, rebuild=True).was_built
    assert stat.S_IMODE(cache.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    # Nothing is left but the plan, what is known of it, and its lock.
    assert {path.suffix for path in cache.folder.iterdir()} == {'.engine', '.json', '.lock'}


def test_whatever_differs_has_another_file(cache: EngineCache) -> None:
    others = [{**KEY, 'model': 'abd'}, {**KEY, 'options': {'precision': 'bf16'}}]
    paths = {cache.file_for(MODEL, key).path for key in (KEY, *others)}
    assert len(paths) == 3
    assert cache.file_for(MODEL, dict(reversed(KEY.items()))).path in paths
    assert cache.file_for(Path('a b/ö#1.onnx'), KEY).path.name.startswith('__1-')


@pytest.mark.parametrize('cut', [b'', b'a pl', b'a plam', b'a plan and more'])
def test_a_damaged_plan_is_built_again(
    cache: EngineCache, cut: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    build = Builder()
    file = cache.file_for(MODEL, KEY)
    cache.get(file, KEY, build)
    file.path.write_bytes(cut)
    with pytest.raises(BackendError, match='it is damaged'):
        file.read()
    with caplog.at_level(logging.WARNING):
        assert cache.get(file, KEY, build).was_built
    assert 'damaged; it is built again' in caplog.text
    assert len(caplog.records) == 1
    assert file.read() == b'a plan'


@pytest.mark.parametrize(
    'content', ['', '[]', '{"key": {}}', '{"sha256": "0"}', '\x00', '[' * 10**5]
)
def test_a_plan_whose_facts_are_damaged_is_built_again(cache: EngineCache, content: str) -> None:
    build = Builder()
    file = cache.file_for(MODEL, KEY)
    cache.get(file, KEY, build)
    file.facts_path.write_text(content)
    assert cache.get(file, KEY, build).was_built
    assert not cache.get(file, KEY, build).was_built


def test_a_plan_that_the_library_refuses_is_built_again(cache: EngineCache) -> None:
    build = Builder(b'version 1')
    file = cache.file_for(MODEL, KEY)
    cache.get(file, KEY, build)

    def check(plan: bytes) -> str:
        return 'version mismatch' if plan == b'version 1' else ''

    build.plan = b'version 2'
    assert cache.get(file, KEY, build, check=check).plan == b'version 2'
    assert not cache.get(file, KEY, build, check=check).was_built


def test_only_trusted_plans_are_read(cache: EngineCache, monkeypatch: pytest.MonkeyPatch) -> None:
    build = Builder()
    file = cache.file_for(MODEL, KEY)
    cache.get(file, KEY, build)
    file.path.chmod(0o666)
    with pytest.raises(BackendError, match=r'can be written by everybody.*chmod o-w'):
        file.read()
    assert cache.get(file, KEY, build).was_built
    owner = file.path.stat().st_uid
    # Root's files are everybody's to trust, so for the next check nobody is root.
    monkeypatch.setattr(os, 'geteuid', lambda: 4242)
    if owner == 0:
        os.chown(file.path, 4343, -1)
    with pytest.raises(BackendError, match=r'belongs to user \d+, not to you'):
        read_trusted(file.path)


def test_a_folder_that_is_open_to_all_is_refused(cache: EngineCache) -> None:
    cache.folder.mkdir()
    cache.folder.chmod(0o777)
    with pytest.raises(BackendError, match='not yours alone'):
        cache.get(cache.file_for(MODEL, KEY), KEY, Builder())
    # As /tmp is: nobody can replace a file of somebody else there.
    cache.folder.chmod(0o1777)
    assert cache.get(cache.file_for(MODEL, KEY), KEY, Builder()).was_built


def test_a_full_disk_keeps_the_old_plan_and_gives_the_new_one(
    cache: EngineCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = cache.file_for(MODEL, KEY)
    cache.get(file, KEY, Builder(b'old'))
    before = sorted(path.name for path in cache.folder.iterdir())

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(plan_file.os, 'fsync', full)
    found = cache.get(file, KEY, Builder(b'new'), rebuild=True)
    assert found.plan == b'new'
    assert 'No space left on device' in found.problem
    assert 'make room' in found.problem
    assert file.read() == b'old'
    assert sorted(path.name for path in cache.folder.iterdir()) == before


def test_where_nothing_can_be_written_the_plan_is_given(tmp_path: Path) -> None:
    (tmp_path / 'engines').write_text('a file where the folder should be')
    cache = EngineCache(tmp_path / 'engines')
    found = cache.get(cache.file_for(MODEL, KEY), KEY, Builder())
    assert found.plan == b'a plan'
    assert 'was not written' in found.problem


def test_a_folder_of_somebody_else_is_refused(
    cache: EngineCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.folder.mkdir(mode=0o700)
    # To this test nobody is root, whose folders everybody trusts.
    monkeypatch.setattr(os, 'geteuid', lambda: 4242)
    if cache.folder.stat().st_uid == 0:
        os.chown(cache.folder, 4343, -1)
    with pytest.raises(BackendError, match='not yours alone'):
        cache.get(cache.file_for(MODEL, KEY), KEY, Builder())


def test_the_newest_plan_stays_however_large_it_is(tmp_path: Path) -> None:
    cache = EngineCache(tmp_path, limit_bytes=5)
    old, new = (cache.file_for(MODEL, {'model': name}) for name in ('old', 'new'))
    cache.get(old, {'model': 'old'}, Builder(b'ten bytes!'))
    assert old.exists()
    os.utime(old.path, (1000, 1000))
    cache.get(new, {'model': 'new'}, Builder(b'ten bytes!'))
    assert (old.exists(), new.exists()) == (False, True)


def test_the_plans_that_were_not_used_for_longest_go(tmp_path: Path) -> None:
    cache = EngineCache(tmp_path, limit_bytes=25)
    files = []
    for number in range(3):
        key = {'model': str(number)}
        files.append(cache.file_for(MODEL, key))
        cache.get(files[-1], key, Builder(b'ten bytes!'))
        os.utime(files[-1].path, (1000 + number, 1000 + number))
        if number == 1:
            # Used again: now the second one is the oldest.
            cache.get(files[0], {'model': '0'}, Builder())
    assert [file.exists() for file in files] == [True, False, True]
    assert not files[1].facts_path.exists()


def test_the_cache_is_listed_and_cleared(cache: EngineCache) -> None:
    assert cache.files() == []
    for number in range(2):
        key = {'model': str(number)}
        cache.get(cache.file_for(MODEL, key), key, Builder())
    assert [file.facts()['model'] for file in cache.files()] == ['net.onnx'] * 2
    assert cache.clear() == 2
    assert list(cache.folder.iterdir()) == []


def test_the_folder_is_the_users_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv('ISAAC_SEG_ENGINES', raising=False)
    monkeypatch.setenv('XDG_CACHE_HOME', '/somewhere')
    assert cache_folder() == Path('/somewhere/isaac_seg_py/engines')
    monkeypatch.setenv('ISAAC_SEG_ENGINES', '/elsewhere')
    assert cache_folder() == Path('/elsewhere')
