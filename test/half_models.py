"""Models in ONNX's own notation, written in halves and run on the CPU."""

from __future__ import annotations

from isaac_seg_py.infer.precision import convert_model
import numpy as np
import onnx
from onnx import parser
import onnxruntime


def model_of(text: str, opset: int = 17) -> onnx.ModelProto:
    """Read a model in ONNX's own notation."""
    return parser.parse_model(f'<ir_version: 8, opset_import: ["" : {opset}]>\n{text}')


def run(model: onnx.ModelProto, **inputs: np.ndarray) -> list[np.ndarray]:
    """Run a model on the CPU."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=['CPUExecutionProvider']
    )
    return session.run(None, inputs)


def halved(model: onnx.ModelProto, precision: str = 'fp16', **how: object) -> onnx.ModelProto:
    """Return a checked copy of a model in another precision."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    converted = convert_model(copy, precision, **how)
    onnx.checker.check_model(converted, full_check=precision == 'fp16')
    return converted


def written(model: onnx.ModelProto, op_type: str) -> set[int]:
    """Return the element types that nodes of an operator write, as ONNX infers them."""
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    types = {v.name: v.type.tensor_type.elem_type for v in (*graph.value_info, *graph.output)}
    return {types[n.output[0]] for n in graph.node if n.op_type == op_type}


def image(*shape: int) -> np.ndarray:
    return np.random.default_rng(800001).random(shape, np.float32)


CHOICE = """
choose (bool c, float[2] x) => (float[2] y)
<float[2] w = {2, 3}>
{
    twice = Mul (x, w)
    picked = If (c) <
        then_branch = bigger () => (float[2] out) {
            inside = Add (twice, x)
            out = Mul (inside, w)
        },
        else_branch = smaller () => (float[2] out) { out = Identity (twice) }
    >
    y = Sub (picked, x)
}"""
REPEAT = """
repeat (float[2] x) => (float[2] y)
<int64 times = {3}, bool on = {1}, float[2] w = {0.5, 2}>
{
    y = Loop (times, on, x) <
        body = step (int64 i, bool c, float[2] v) => (bool c_out, float[2] v_out) {
            c_out = Identity (c)
            scaled = Mul (v, w)
            v_out = Add (scaled, x)
        }
    >
}"""
