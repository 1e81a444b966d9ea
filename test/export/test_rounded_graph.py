"""A network in halves is tried on the CPU: each step in float32, and rounded."""

from __future__ import annotations

from pathlib import Path

from isaac_seg_py.export.rounded_graph import computable
from isaac_seg_py.infer.precision import convert_file
import numpy as np
import onnxruntime
from trt_here import write

GRAPH = """
net (float[2, 3] x, bool some) => (float[2, 3] y)
<float[3] w = {1.00390625, 3.3, 1e-3}>
{
    a = Add(x, w)
    y = If(some) <
        then_branch = yes () => (float[2, 3] b) { b = Mul(a, a) },
        else_branch = no () => (float[2, 3] c) { c = Mul(a, w) }
    >
}
"""


def rounded(values: np.ndarray) -> np.ndarray:
    """Return the nearest numbers with eight bits, the even one of two."""
    low = np.float32(values).view(np.uint32)
    return ((low + 0x7FFF + ((low >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def test_each_step_is_rounded_in_branches_as_well(tmp_path: Path) -> None:
    file = write(tmp_path / 'net.onnx', GRAPH)
    convert_file(file, file, 'bf16')
    x = np.float32([[0.1, -2.7, 1e-3], [5.03, 0.333, 700.7]])
    w = rounded(np.float32([1.00390625, 3.3, 1e-3]))
    with computable(file, 'bf16') as shown:
        assert shown != file
        run = onnxruntime.InferenceSession(str(shown), providers=['CPUExecutionProvider']).run
        given = [run(None, {'x': x, 'some': np.array(some)})[0] for some in (True, False)]
    assert not shown.exists()
    total = rounded(rounded(x) + w)
    assert (total != x + w).any()
    np.testing.assert_array_equal(given[0], rounded(total * total))
    np.testing.assert_array_equal(given[1], rounded(total * w))


def test_float16_overflows_as_on_a_gpu(tmp_path: Path) -> None:
    file = write(tmp_path / 'net.onnx', GRAPH)
    convert_file(file, file, 'fp16')
    x = np.float32([[0.1, -2.7, 1e-3], [5.03, 0.333, 700.7]])
    with computable(file, 'fp16') as shown:
        run = onnxruntime.InferenceSession(str(shown), providers=['CPUExecutionProvider']).run
        (found,) = run(None, {'x': x, 'some': np.array(True)})
    with np.errstate(over='ignore'):
        total = np.float16(x) + np.float16([1.00390625, 3.3, 1e-3])
        expected = np.float32(total * total)
    assert np.isinf(expected[1, 2])
    np.testing.assert_array_equal(found, expected)


def test_float32_runs_as_it_is(tmp_path: Path) -> None:
    file = write(tmp_path / 'net.onnx', GRAPH)
    with computable(file, 'fp32') as shown:
        assert shown == file
