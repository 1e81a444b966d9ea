"""A network shaped like SegFormer: patches, sines of positions, attention, Resize; any size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper, parser

WIDTH = 16
CLASSES = 5
_GRAPH = """
<ir_version: 8, opset_import: ["" : 17]>
segformer (float[1,3,h,w] image) => (float[1,5,h,w] scores)
<int64 none = {0}, int64[1] axis_0 = {0}, int64[1] axis_1 = {1}, int64[3] as_row = {0, 16, -1},
 int64[4] as_heads = {0, -1, 2, 8}, int64[3] as_tokens = {0, -1, 16}, bool[1] never = {0}>
{
  patches = Conv <kernel_shape = [7, 7], strides = [4, 4], pads = [3, 3, 3, 3]>
    (image, patch_weight, patch_bias)
  row = Reshape (patches, as_row)
  tokens = Transpose <perm = [0, 2, 1]> (row)
  one = Constant <value_int = 1> ()
  tokens_shape = Shape (tokens)
  count = Gather (tokens_shape, one)
  steps = Range (none, count, one)
  places = Cast <to = 1> (steps)
  column = Unsqueeze (places, axis_1)
  angles = Mul (column, frequencies)
  sines = Sin (angles)
  cosines = Cos (angles)
  position = Concat <axis = 1> (sines, cosines)
  placed = Add (tokens, position)
  normed = LayerNormalization <axis = -1, epsilon = 1e-6> (placed, norm_scale, norm_bias)
  query_row = MatMul (normed, query_weight)
  query_heads = Reshape (query_row, as_heads)
  query = Transpose <perm = [0, 2, 1, 3]> (query_heads)
  key_row = MatMul (normed, key_weight)
  key_heads = Reshape (key_row, as_heads)
  key = Transpose <perm = [0, 2, 3, 1]> (key_heads)
  value_row = MatMul (normed, value_weight)
  value_heads = Reshape (value_row, as_heads)
  value = Transpose <perm = [0, 2, 1, 3]> (value_heads)
  likeness = MatMul (query, key)
  scaled = Mul (likeness, head_scale)
  masked = Where (never, far_below, scaled)
  chances = Softmax <axis = -1> (masked)
  mixed = MatMul (chances, value)
  mixed_row = Transpose <perm = [0, 2, 1, 3]> (mixed)
  joined = Reshape (mixed_row, as_tokens)
  projected = MatMul (joined, out_weight)
  attended = Add (placed, projected)
  normed_2 = LayerNormalization <axis = -1, epsilon = 1e-6> (attended, norm_scale, norm_bias)
  wide = MatMul (normed_2, wide_weight)
  part = Mul (wide, inverse_root)
  error = Erf (part)
  risen = Add (error, unit)
  product = Mul (wide, risen)
  gelu = Mul (product, half)
  narrow = MatMul (gelu, narrow_weight)
  out = Add (attended, narrow)
  out_row = Transpose <perm = [0, 2, 1]> (out)
  map_shape = Shape (patches)
  map = Reshape (out_row, map_shape)
  logits = Conv <kernel_shape = [1, 1]> (map, head_weight)
  logits_shape = Shape (logits)
  two = Constant <value_ints = [2]> ()
  end = Constant <value_ints = [4]> ()
  begin = Slice (logits_shape, axis_0, two)
  cells = Slice (logits_shape, two, end)
  cells_float = Cast <to = 1> (cells)
  pixels_float = Mul (cells_float, stride)
  pixels_floor = Floor (pixels_float)
  pixels = Cast <to = 7> (pixels_floor)
  sizes = Concat <axis = 0> (begin, pixels)
  scores = Resize <mode = "linear", coordinate_transformation_mode = "half_pixel">
    (logits, , , sizes)
}
"""


def attention_model(seed: int = 800000) -> onnx.ModelProto:
    """Return the network with random weights; it takes [1, 3, H, W], H and W multiples of 4."""
    random = np.random.default_rng(seed)

    def weights(*shape: int) -> np.ndarray:
        return random.normal(0, shape[0] ** -0.5, shape).astype(np.float32)

    def number(value: float) -> np.ndarray:
        return np.array(value, np.float32)

    constants = {
        'patch_weight': random.normal(0, 147**-0.5, (WIDTH, 3, 7, 7)).astype(np.float32),
        'patch_bias': weights(WIDTH),
        'frequencies': (1000.0 ** -np.linspace(0, 1, WIDTH // 2)).astype(np.float32)[np.newaxis],
        'norm_scale': np.ones(WIDTH, np.float32),
        'norm_bias': np.zeros(WIDTH, np.float32),
        **{f'{name}_weight': weights(WIDTH, WIDTH) for name in ('query', 'key', 'value', 'out')},
        'head_scale': number(8**-0.5),
        'far_below': number(-1e9),
        'wide_weight': weights(WIDTH, 4 * WIDTH),
        'inverse_root': number(2**-0.5),
        'unit': number(1),
        'half': number(0.5),
        'narrow_weight': weights(4 * WIDTH, WIDTH),
        'head_weight': weights(CLASSES, WIDTH)[:, :, np.newaxis, np.newaxis],
        'stride': number(4),
    }
    model = parser.parse_model(_GRAPH)
    model.graph.initializer.extend(numpy_helper.from_array(a, n) for n, a in constants.items())
    onnx.checker.check_model(model, full_check=True)
    return model


def write_attention_model(path: Path) -> Path:
    """Write the network to a file."""
    onnx.save(attention_model(), str(path))
    return path
