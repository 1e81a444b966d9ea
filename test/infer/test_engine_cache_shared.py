"""Threads and processes that want the same plan build it once."""

from __future__ import annotations

from pathlib import Path
import subprocess
import sys
import threading
from typing import Any

from isaac_seg_py.errors import BackendError
from isaac_seg_py.infer.engine_cache import EngineCache
from plan_builder import Builder
import pytest

KEY = {'model': 'abc', 'options': {'precision': 'fp16', 'shapes': [[1, 3]]}}
MODEL = Path('net.onnx')


@pytest.fixture
def cache(tmp_path: Path) -> EngineCache:
    return EngineCache(tmp_path / 'engines')


def test_threads_build_once(cache: EngineCache) -> None:
    build = Builder()
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> tuple[bytes, dict[str, Any]]:
        begun.set()
        assert go_on.wait(30)
        return build()

    file = cache.file_for(MODEL, KEY)
    found: list[Any] = []
    first = threading.Thread(target=lambda: found.append(cache.get(file, KEY, slow)))
    second = threading.Thread(target=lambda: found.append(cache.get(file, KEY, build)))
    first.start()
    assert begun.wait(30)
    second.start()
    go_on.set()
    first.join(30)
    second.join(30)
    assert build.count == 1
    assert sorted(plan.was_built for plan in found) == [False, True]


def test_waiting_can_be_cancelled(cache: EngineCache) -> None:
    file = cache.file_for(MODEL, KEY)
    begun, go_on, cancel = threading.Event(), threading.Event(), threading.Event()

    def slow() -> tuple[bytes, dict[str, Any]]:
        begun.set()
        assert go_on.wait(30)
        return b'plan', {}

    builder = threading.Thread(target=lambda: cache.get(file, KEY, slow))
    builder.start()
    assert begun.wait(30)
    cancel.set()
    with pytest.raises(BackendError, match='was cancelled'):
        cache.get(file, KEY, Builder(), cancel=cancel)
    go_on.set()
    builder.join(30)


PROCESS = """
import sys, time
from pathlib import Path
from isaac_seg_py.infer.engine_cache import EngineCache
folder = Path(sys.argv[1])
def build():
    (folder / f'built-{sys.argv[2]}').touch()
    # Long enough for the others to come and wait.
    deadline = time.monotonic() + 20
    while len(list(folder.glob('here-*'))) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    return b'of ' + sys.argv[2].encode(), {}
cache = EngineCache(folder / 'engines')
key = {'model': 'abc'}
(folder / f'here-{sys.argv[2]}').touch()
print(cache.get(cache.file_for(Path('net.onnx'), key), key, build).plan.decode())
"""


def test_processes_build_once(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    processes = [
        subprocess.Popen(
            [sys.executable, '-c', PROCESS, str(tmp_path), str(number)],
            stdout=subprocess.PIPE, text=True, cwd=root,
        )
        for number in range(3)
    ]  # fmt: skip
    told = {process.communicate(timeout=60)[0].strip() for process in processes}
    assert len(told) == 1
    assert len(list(tmp_path.glob('built-*'))) == 1


def test_a_builder_that_dies_leaves_no_lock_behind(tmp_path: Path) -> None:
    code = (
        'import os, sys; from pathlib import Path\n'
        'from isaac_seg_py.infer.engine_cache import EngineCache\n'
        'cache = EngineCache(Path(sys.argv[1])); key = {"model": "abc"}\n'
        'cache.get(cache.file_for(Path("net.onnx"), key), key, lambda: os._exit(9))\n'
    )
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, '-c', code, str(tmp_path)], cwd=root).returncode == 9
    cache = EngineCache(tmp_path)
    key = {'model': 'abc'}
    assert cache.get(cache.file_for(MODEL, key), key, Builder()).was_built
