"""`isaac-seg inspect` and `models` of a model of two networks."""

from __future__ import annotations

import json
from pathlib import Path

from box_sam import box_sam
from isaac_seg_py.cli.main import main
import pytest

Capture = pytest.CaptureFixture[str]


def test_both_networks_are_shown_with_what_they_can_be_asked(
    tmp_path: Path, capsys: Capture
) -> None:
    model = str(box_sam(tmp_path, 48))
    assert main(['inspect', model]) == 0
    said = capsys.readouterr().out
    assert 'box-sam: 2 networks' in said
    assert f'encoder: {tmp_path / "encoder.onnx"}' in said
    assert 'input     image float32 [1, 3, 48, 48]' in said
    assert 'output    low_res_masks float32 [B, 1, 48, 48]' in said
    assert 'fit=letterbox_top_left' in said
    assert 'prompts   points, boxes; 32 at once; coarse masks of 48x48' in said
    assert main(['inspect', model, '--json']) == 0
    facts = json.loads(capsys.readouterr().out)
    assert list(facts['parts']) == ['encoder', 'decoder']
    assert facts['parts']['decoder']['bytes'] == (tmp_path / 'decoder.onnx').stat().st_size
    assert facts['encode']['network_image_width'] == 48
    assert facts['decode']['multimask'] == 'auto'
    assert facts['prompts'] == {'takes_masks': False, 'at_once': 32, 'mask_size': [48, 48]}


def test_a_part_that_is_missing_or_wrong_is_named(tmp_path: Path, capsys: Capture) -> None:
    model = str(box_sam(tmp_path))
    assert main(['models', 'check', model]) == 0
    capsys.readouterr()
    (tmp_path / 'decoder.onnx').write_bytes((tmp_path / 'encoder.onnx').read_bytes())
    assert main(['inspect', model]) == 2
    assert 'a Segment Anything decoder takes point_coords' in capsys.readouterr().err
    assert main(['models', 'check', model]) == 1
    (tmp_path / 'decoder.onnx').unlink()
    capsys.readouterr()
    assert main(['inspect', model]) == 2
    assert "decoder.onnx' does not exist" in capsys.readouterr().err
