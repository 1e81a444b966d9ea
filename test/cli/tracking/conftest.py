"""Fixtures of `isaac-seg track`: the verb with networks that follow colours, and pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from color_boxes import picture
from isaac_seg_py.cli.main import main
from isaac_seg_py.media import write_image
import pytest

Run = Callable[..., int]


@pytest.fixture
def track(color_networks: Path) -> Run:
    """Give what runs the verb."""

    def run(*words: Any) -> int:
        given = ['--model', str(color_networks), '--backend', 'onnxruntime', '--threads', '1']
        return main(['track', *map(str, words), *given])

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder of six pictures."""
    made = tmp_path / 'pictures'
    made.mkdir()
    for number in range(6):
        write_image(made / f'{number}.png', picture(number))
    return made
