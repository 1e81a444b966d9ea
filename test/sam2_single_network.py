"""A network with the inputs of NVIDIA's Segment Anything 2 that tells what it was given."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import checker, parser

MEMORY, POINTER = (2, 3, 3), 4

# Rows as NVIDIA's network has them: objects with a memory, then points, then boxes; the last row
# of each kind of prompt is left out, and `permutation` puts the answers in order. The answer of a
# row says what it was made of: the first number of its memory, its box's x1, its first point's x.
# An object is seen where the image's first number is not negative.
_STUB = """
<ir_version: 8, opset_import: ["" : 18]>
stub (float[1,1] image, int32[2] original_size, float[B,4,2,3,3] mask_memory,
    float[B,2,4] obj_ptr_memory, float[X,4] bbox_coords, float[Y,5,2] point_coords,
    int32[Y,5] point_labels, int64[B] permutation) => (float[B,1] memory_row, float[B,1] last_row,
    float[B,1] prompt_row, float[B,1] object_score_logits, float[B,2,3,3] maskmem_features,
    float[B,2,3,3] maskmem_pos_enc, float[B,4] obj_ptr_features)
{
  first = Constant <value = int64[1] {0}> ()
  one = Constant <value = int64[1] {1}> ()
  last = Constant <value = int64[1] {-1}> ()
  boxes = Slice (bbox_coords, first, last, first)
  points = Slice (point_coords, first, last, first)
  box_x = Slice (boxes, first, one, one)
  pick = Constant <value = int64[3] {0,0,0}> ()
  pick_end = Constant <value = int64[3] {1000,1,1}> ()
  three = Constant <value = int64[3] {0,1,2}> ()
  point_x3 = Slice (points, pick, pick_end, three)
  flat = Constant <value = int64[2] {-1,1}> ()
  point_x = Reshape (point_x3, flat)
  shown = Concat <axis = 0> (point_x, box_x)
  asked_shape = Shape (shown)
  asked = Gather <axis = 0> (asked_shape, first)
  all_shape = Shape (permutation)
  known = Sub (all_shape, asked)
  known_shape = Concat <axis = 0> (known, one)
  unshown = Expand (minus, known_shape)
  minus = Constant <value = float[1] {-1.0}> ()
  prompts = Concat <axis = 0> (unshown, shown)
  prompt_row = Gather <axis = 0> (prompts, permutation)
  five = Constant <value = int64[5] {0,0,0,0,0}> ()
  five_end = Constant <value = int64[5] {1000,1,1,1,1}> ()
  axes = Constant <value = int64[5] {0,1,2,3,4}> ()
  memory5 = Slice (mask_memory, five, five_end, axes)
  memory2 = Reshape (memory5, flat)
  memory_row = Gather <axis = 0> (memory2, permutation)
  late = Constant <value = int64[5] {0,2,0,0,0}> ()
  late_end = Constant <value = int64[5] {1000,3,1,1,1}> ()
  last5 = Slice (mask_memory, late, late_end, axes)
  last2 = Reshape (last5, flat)
  last_row = Gather <axis = 0> (last2, permutation)
  zero = Constant <value = float[1] {0.0}> ()
  blank = Mul (memory_row, zero)
  object_score_logits = Add (blank, image)
  small = Constant <value = float[1] {0.001}> ()
  grown = Add (memory_row, small)
  is_new = Greater (prompt_row, zero)
  told = Where (is_new, prompt_row, grown)
  four = Constant <value = int64[4] {-1,1,1,1}> ()
  told4 = Reshape (told, four)
  map_shape = Constant <value = int64[4] {1,2,3,3}> ()
  maskmem_features = Expand (told4, map_shape)
  half = Constant <value = float[1] {0.5}> ()
  maskmem_pos_enc = Mul (maskmem_features, half)
  pointer_shape = Constant <value = int64[2] {1,4}> ()
  obj_ptr_features = Expand (told, pointer_shape)
}
"""


def write_single_network(path: Path) -> Path:
    """Write the network."""
    lines = _STUB.splitlines()
    constant = next(line for line in lines if line.startswith('  minus ='))
    lines.remove(constant)
    lines.insert(next(i for i, line in enumerate(lines) if '  boxes =' in line), constant)
    model = parser.parse_model('\n'.join(lines))
    checker.check_model(model)
    onnx.save(model, str(path))
    return path
