"""`isaac-seg scenes`: what is on the disk where somebody asks for the end."""

from __future__ import annotations

import json
import os
from pathlib import Path
import signal

import bag_maker
from isaac_seg_py.cli import scenes
from isaac_seg_py.cli.main import main
from isaac_seg_py.scenes import Scene
import pytest


def test_ctrl_c_leaves_a_data_set_and_a_bag_that_can_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make = scenes.make_scene

    def interrupted(seed: int, size: tuple[int, int]) -> Scene:
        if seed == 800_022:
            os.kill(os.getpid(), signal.SIGINT)
        return make(seed, size)

    monkeypatch.setattr(scenes, 'make_scene', interrupted)
    folder, bag = tmp_path / 'shapes', tmp_path / 'shapes.mcap'
    words = ['scenes', str(folder), '--bag', str(bag), '--first', '800020', '--size', '64x80']
    assert main(words) == 128 + signal.SIGINT
    told = capsys.readouterr()
    assert told.out == f'3 scenes in {folder} and {bag}\n'
    assert 'stopped before the end; what was done is kept' in told.err
    known = json.loads((folder / 'instances.json').read_text())['images']
    assert [one['file_name'] for one in known] == sorted(os.listdir(folder / 'images'))
    assert len(known) == 3
    records, faults = bag_maker.read_bag(bag)
    assert not faults
    assert len({record.log_time for record in records}) == 3


def test_ctrl_c_is_told_where_nothing_is_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make = scenes.make_scene

    def interrupted(seed: int, size: tuple[int, int]) -> Scene:
        signal.raise_signal(signal.SIGINT)
        return make(seed, size)

    monkeypatch.setattr('isaac_seg_py.evaluation.scene_data.make_scene', interrupted)
    # A shell has it ignored by what it starts in the background.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert main(['evaluate', 'tiny-unet', '--scenes', '2', '--threads', '1']) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert 'isaac-seg: stopped before the end' in capsys.readouterr().err
