"""What set-up says to a person whose machine lacks something."""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path
import shutil
import subprocess
import sys

import pytest

ROOT = Path(__file__).resolve().parent.parent
PYTHON = os.path.realpath(sys.executable)
SYSTEM_TOOLS = ('sh', 'dirname', 'head', 'env')


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """Give a fresh checkout of what set-up reads, on a machine with a shell and nothing else."""
    for name in ('scripts', 'requirements', 'interfaces'):
        shutil.copytree(ROOT / name, tmp_path / name)
    tools = tmp_path / 'bin'
    tools.mkdir()
    for name in SYSTEM_TOOLS:
        (tools / name).symlink_to(shutil.which(name) or name)
    yield tmp_path


def with_env(clone: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run scripts/with_env on the bare machine."""
    return subprocess.run(
        [clone / 'scripts' / 'with_env', *command],
        env={'PATH': str(clone / 'bin'), 'HOME': str(clone), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def python_that(clone: Path, *lines: str) -> Path:
    """Write an executable that stands in the place of a Python interpreter."""
    path = clone / 'bin' / 'python3'
    path.write_text('\n'.join(('#!/bin/sh', *lines, '')))
    path.chmod(0o755)
    return path


def test_a_machine_without_python_is_told_what_to_install(clone: Path) -> None:
    result = with_env(clone)
    assert result.returncode == 2
    assert 'Python 3.10 or newer is needed' in result.stderr
    assert 'apt install python3 python3-venv python3-dev' in result.stderr


def test_a_python_that_is_too_old_is_named_with_its_version(clone: Path) -> None:
    python_that(clone, 'test "$1" = --version && echo Python 3.8.10', 'exit 1')
    result = with_env(clone)
    assert result.returncode == 2
    assert "python3 is 'Python 3.8.10'" in result.stderr


def test_a_python_chosen_by_name_must_work(clone: Path) -> None:
    result = with_env(clone, PYTHON='python3.99')
    assert result.returncode == 2
    assert 'PYTHON=python3.99 is not a working Python 3.10 or newer' in result.stderr


def test_a_missing_compiler_is_named_before_any_download(clone: Path) -> None:
    result = with_env(clone, 'true', PYTHON=PYTHON)
    assert result.returncode == 2
    assert 'lacks a C compiler and a C++ compiler' in result.stderr
    assert 'apt install g++' in result.stderr
    assert not list(clone.glob('.venv*'))


def test_a_compiler_named_by_a_variable_must_exist(clone: Path) -> None:
    for name in ('cc', 'c++'):
        (clone / 'bin' / name).symlink_to('/bin/true')
    result = with_env(clone, 'true', PYTHON=PYTHON, CXX='no-such-compiler -O2')
    assert result.returncode == 2
    assert 'lacks a C++ compiler' in result.stderr


def test_a_failure_shows_no_traceback(clone: Path) -> None:
    (clone / '.build').write_text('a file where set-up wants a folder')
    result = with_env(clone, 'true', PYTHON=PYTHON)
    assert result.returncode == 2
    assert 'set-up: stopped' in result.stderr
    assert 'Traceback' not in result.stderr


def test_a_folder_of_the_name_of_the_package_does_not_hide_it(tmp_path: Path) -> None:
    # As beside a clone: Python would take the folder for a package without an __init__.py.
    (tmp_path / 'isaac_seg_py').mkdir()
    done = subprocess.run(
        [sys.executable, '-c', 'import isaac_seg_py; print(isaac_seg_py.__version__)'],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.skipif(shutil.which('make') is None, reason='make is not installed')
def test_cleaning_leaves_what_a_user_has_written(tmp_path: Path) -> None:
    shutil.copy(ROOT / 'Makefile', tmp_path)
    for name in ('out/demo/demo.png', 'out/mine.png', '.build/lock'):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text('')
    subprocess.run(['make', 'clean'], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    assert not (tmp_path / 'out/demo').exists()
    assert not (tmp_path / '.build').exists()
    assert (tmp_path / 'out/mine.png').is_file()


@pytest.mark.skipif(shutil.which('make') is None, reason='make is not installed')
def test_help_lists_what_there_is() -> None:
    done = subprocess.run(
        ['make', '-C', str(ROOT), '--no-print-directory', 'help'],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    listed = {line.split()[0] for line in done.stdout.splitlines()}
    assert {'demo', 'test', 'check', 'clean'} <= listed
    assert {'bench', 'soak'} <= listed
