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
