"""The table of targets, its file and its page."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from bench import __main__ as table
from bench import page, rows, segment_anything
from bench.networks import COMMAND, SAM, SAM2
from bench.rows import Row


def test_verdicts_follow_the_figures() -> None:
    assert Row.below('x', 4.0, 3.9, 'ms').verdict == 'pass'
    assert Row.below('x', 4.0, 4.1, 'ms').verdict == 'MISS'
    assert Row.below('x', 4.0, 2.0, 'ms').ratio == pytest.approx(2.0)
    assert Row.times('x', 5.0, 4.9).verdict == 'MISS'
    assert Row.times('x', 5.0, 5.0).verdict == 'pass'
    assert Row.below('lost', 0, 0, 'frames').verdict == 'pass'
    assert Row('x', 'y', why='no GPU').verdict == 'not run'


def test_the_page_gets_the_figures_between_its_marks_and_keeps_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, file = tmp_path / 'page.md', tmp_path / 'targets.json'
    document.write_text(f'before\n{page.BEGIN}\nold\n{page.END}\nafter\n')
    monkeypatch.setattr(page, 'PAGE', document)
    monkeypatch.setattr(page, 'FILE', file)
    monkeypatch.setattr(rows, 'FILE', file)
    found = [Row.below('hop', 100.0, 50.0, 'us'), Row('GPU', '>= 1 fps', why='no GPU is here')]
    rows.save(found, 0.5)
    page.main()
    text = document.read_text()
    assert text.startswith('before\n') and text.endswith('\nafter\n') and 'old' not in text
    assert '| hop | <= 100 us | 50 us | 2.00 | pass |' in text
    assert '- Not run: no GPU is here' in text
    assert json.loads(file.read_text())['load']['before'] == 0.5


def test_the_page_that_is_there_has_its_marks_once() -> None:
    text = (Path(__file__).parent.parent.parent / page.PAGE).read_text(encoding='utf-8')
    assert text.count(page.BEGIN) == text.count(page.END) == 1


def test_a_peer_whose_libraries_are_missing_says_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    found = segment_anything.rows(full=True)
    assert [row.verdict for row in found] == ['not run'] * (len(SAM) + len(SAM2))
    assert all('torch' in row.why and COMMAND in row.why for row in found)


def test_a_network_that_is_missing_says_how_to_make_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: name)
    monkeypatch.setattr(segment_anything, 'FOLDER', tmp_path)
    small = segment_anything.rows(full=False)
    large = [row for row in segment_anything.rows(full=True) if row not in small]
    assert small and large
    assert all(f'To make it: {COMMAND}' in row.why for row in small)
    assert all(f'To make it: FULL=1 {COMMAND}' in row.why for row in large)


def test_help_lists_what_can_be_measured(capsys: pytest.CaptureFixture[str]) -> None:
    table.main(['--help'])
    said = capsys.readouterr().out
    assert 'python -m bench hop stages' in said
    assert 'scaling' in said.splitlines()[-1]
