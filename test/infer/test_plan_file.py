"""A plan on disk, the facts beside it, and what belongs to a model."""

from __future__ import annotations

import json
from pathlib import Path

from isaac_seg_py.infer.onnx_files import model_digest, weight_files
from isaac_seg_py.infer.plan_file import PlanFile
import numpy as np
import onnx
from onnx import numpy_helper
import tiny_models


def test_weights_beside_a_model_are_part_of_its_digest(tmp_path: Path) -> None:
    path = tiny_models.doubler(tmp_path / 'model.onnx')
    model = onnx.load(str(path))
    weights = numpy_helper.from_array(np.arange(1000, dtype=np.float32), 'weights')
    model.graph.initializer.append(weights)
    onnx.save(model, str(path), save_as_external_data=True, location='model.weights')
    beside = tmp_path / 'model.weights'
    assert weight_files(path, path.read_bytes()) == [beside]
    before = model_digest(path)
    assert model_digest(path) == before
    content = bytearray(beside.read_bytes())
    content[5] ^= 1
    beside.write_bytes(content)
    assert model_digest(path) != before


def test_a_plan_without_facts_is_read_as_it_is(tmp_path: Path) -> None:
    file = PlanFile(tmp_path / 'theirs.plan')
    file.path.write_bytes(b'from elsewhere')
    file.path.chmod(0o644)
    assert file.facts() == {}
    assert file.read() == b'from elsewhere'
    file.write(b'ours', {'precision': 'fp16'})
    assert json.loads(file.facts_path.read_text())['bytes'] == 4
    file.remove()
    assert list(tmp_path.iterdir()) == []
