"""The documentation says what is true: made pages are fresh, versions agree, README blocks run."""

from __future__ import annotations

import ast
from pathlib import Path
import re
import shlex
import subprocess
import sys

import isaac_seg_py
import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.ros
def test_the_page_of_parameters_is_fresh() -> None:
    pytest.importorskip('rclpy', reason='rclpy is not installed; make test installs it')
    done = subprocess.run(
        [sys.executable, '-c', 'from docs.parameters import page; print(page(), end="")'],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (ROOT / 'docs/parameters.md').read_text() == done.stdout, 'stale: run make docs'


def test_the_versions_agree() -> None:
    version = isaac_seg_py.__version__
    assert f'<version>{version}</version>' in (ROOT / 'package.xml').read_text()
    assert f"version='{version}'" in (ROOT / 'setup.py').read_text()
    titles = re.findall(r'^(\d+\.\d+\.\d+) ', (ROOT / 'CHANGELOG.rst').read_text(), re.M)
    assert titles[0] == version


def blocks(language: str) -> list[str]:
    """Return the blocks of a language in the README."""
    text = (ROOT / 'README.md').read_text(encoding='utf-8')
    return re.findall(rf'```{language}\n(.*?)```', text, re.S)


def commands() -> list[str]:
    """Return the isaac-seg commands of the README that end by themselves."""
    lines = [line.strip() for block in blocks('bash') for line in block.splitlines()]
    own = [
        line.partition('  #')[0] for line in lines if line.startswith('scripts/with_env isaac-seg')
    ]
    return [line for line in own if ' run ' not in line]


def test_every_python_block_of_the_readme_runs(tmp_path: Path) -> None:
    found = blocks('python')
    assert found
    for block in found:
        ast.parse(block)
        done = subprocess.run(
            [sys.executable, '-c', block], cwd=ROOT, capture_output=True, text=True, check=False,
            env=_environment(tmp_path),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


@pytest.mark.ros
def test_the_look_at_a_topic_of_the_readme_sees_a_mask() -> None:
    pytest.importorskip('rclpy', reason='rclpy is not installed; make test installs it')
    (block,) = blocks('py')
    graph = subprocess.Popen(
        [sys.executable, '-m', 'isaac_seg_py', 'run', 'unet', 'source:=scene'],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        done = subprocess.run(
            [sys.executable, '-c', block], cwd=ROOT, capture_output=True, text=True, check=False,
            timeout=90,
        )  # fmt: skip
    finally:
        graph.kill()
        graph.wait(60)
    assert done.stdout.split() == ['camera', '640', '480', 'mono8'], done.stderr


@pytest.fixture(scope='module')
def readers_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of somebody who types one command after the other."""
    return tmp_path_factory.mktemp('reader')


@pytest.mark.parametrize('line', commands())
def test_every_command_of_the_readme_runs(line: str, readers_folder: Path) -> None:
    words = shlex.split(line)[2:]
    words = [str(readers_folder / word) if word.startswith('out/') else word for word in words]
    done = subprocess.run(
        [sys.executable, '-m', 'isaac_seg_py', *words],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env=_environment(readers_folder),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout


def _environment(folder: Path) -> dict[str, str]:
    import os

    return {**os.environ, 'ISAAC_SEG_OUT': str(folder)}


def test_every_link_of_the_readme_leads_somewhere() -> None:
    for page in [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md', *(ROOT / 'docs').glob('*.md')]:
        for target in re.findall(r'\]\(([^)#]+?)(?:#[^)]*)?\)', page.read_text(encoding='utf-8')):
            if '://' not in target:
                assert (page.parent / target).exists(), f'{page.name} points to {target}'
