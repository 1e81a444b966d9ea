"""
Four small networks with the contract of Segment Anything 2 that follow things by their colour.

The colour below the points (or in the middle of the box) is the object's summary; what is
remembered of it is found again wherever that colour is. Without it the object is not there.
"""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import checker, parser

SIDE = 64
_OPSET = '<ir_version: 8, opset_import: ["" : 18]>'

_ENCODER = """
encoder (float[1,3,64,64] image) => (float[1,4,16,16] image_embed, float[1,3,32,32]
    high_res_feats_0, float[1,4,16,16] vision_features)
{
  high_res_feats_0 = AveragePool <kernel_shape = [2,2], strides = [2,2]> (image)
  small = AveragePool <kernel_shape = [4,4], strides = [4,4]> (image)
  channel = Constant <value = int64[1] {1}> ()
  zero = Constant <value = float[1] {0.0}> ()
  first = ReduceMean <keepdims = 1> (small, channel)
  blank = Mul (first, zero)
  vision_features = Concat <axis = 1> (small, blank)
  image_embed = Identity (vision_features)
}
"""
_DECODER = """
decoder (float[B,4,16,16] image_embed, float[1,3,32,32] high_res_feats_0,
    float[B,N,2] point_coords, float[B,N] point_labels, float[B,1,32,32] mask_input,
    float[B] has_mask_input) => (float[B,4,32,32] low_res_masks, float[B,4] iou_predictions,
    float[B,4,4] obj_ptrs, float[B,1] object_score_logits, float[B,1] stability)
{
  zero = Constant <value = float[1] {0.0}> ()
  one = Constant <value = float[1] {1.0}> ()
  ax1 = Constant <value = int64[1] {1}> ()
  ax2 = Constant <value = int64[1] {2}> ()
  inside = GreaterOrEqual (point_labels, one)
  weight = Cast <to = 1> (inside)
  count = ReduceSum <keepdims = 1> (weight, ax1)
  asked = Min (count, one)
  weight2 = Unsqueeze (weight, ax2)
  weighted = Mul (point_coords, weight2)
  summed = ReduceSum <keepdims = 0> (weighted, ax1)
  least = Max (count, one)
  middle = Div (summed, least)
  half = Constant <value = float[1] {32.0}> ()
  share = Div (middle, half)
  place = Sub (share, one)
  place_shape = Constant <value = int64[4] {0,1,1,2}> ()
  grid = Reshape (place, place_shape)
  label_shape = Shape (point_labels)
  first = Constant <value = int64[1] {0}> ()
  batch = Gather <axis = 0> (label_shape, first)
  rest = Constant <value = int64[3] {3,32,32}> ()
  whole = Concat <axis = 0> (batch, rest)
  fine = Expand (high_res_feats_0, whole)
  shown = GridSample <align_corners = 0> (fine, grid)
  starts = Constant <value = int64[3] {0,0,0}> ()
  ends = Constant <value = int64[3] {3,1,1}> ()
  axes = Constant <value = int64[3] {1,2,3}> ()
  kept = Slice (image_embed, starts, ends, axes)
  four = Constant <value = int64[4] {0,1,1,1}> ()
  asked4 = Reshape (asked, four)
  unasked = Sub (one, asked4)
  part1 = Mul (asked4, shown)
  part2 = Mul (unasked, kept)
  colour = Add (part1, part2)
  away = Sub (fine, colour)
  square = Mul (away, away)
  distance = ReduceSum <keepdims = 1> (square, ax1)
  steep = Constant <value = float[1] {-80.0}> ()
  top = Constant <value = float[1] {4.0}> ()
  falling = Mul (distance, steep)
  plain = Add (falling, top)
  has4 = Reshape (has_mask_input, four)
  given = Mul (mask_input, has4)
  given0 = Mul (given, zero)
  score = Add (plain, given0)
  sides = Constant <value = int64[2] {2,3}> ()
  best = ReduceMax <keepdims = 1> (score, sides)
  least_score = Constant <value = float[1] {3.0}> ()
  present4 = Sub (best, least_score)
  two = Constant <value = int64[2] {0,1}> ()
  object_score_logits = Reshape (present4, two)
  lower = Constant <value = float[1,4,1,1] {0.0, 0.0, 0.5, 1.0}> ()
  four_masks = Sub (score, lower)
  there = Greater (present4, zero)
  absent = Constant <value = float[1] {-1024.0}> ()
  low_res_masks = Where (there, four_masks, absent)
  nothing = Mul (object_score_logits, zero)
  ious = Constant <value = float[1,4] {0.6, 0.9, 0.8, 0.7}> ()
  iou_predictions = Add (nothing, ious)
  stability = Add (nothing, one)
  flat = Constant <value = int64[3] {0,1,3}> ()
  colour3 = Reshape (colour, flat)
  pads = Constant <value = int64[6] {0,0,0,0,0,1}> ()
  pointer = Pad (colour3, pads)
  zeros = Constant <value = float[1,4,1] {0.0, 0.0, 0.0, 0.0}> ()
  obj_ptrs = Add (pointer, zeros)
}
"""
_WRITER = """
writer (float[1,4,16,16] vision_features, float[B,1,R,K] mask_logits,
    float[B,1] object_score_logits, float[B] binarize) => (float[B,2,16,16] maskmem_features)
{
  batch_shape = Shape <start = 0, end = 2> (mask_logits)
  sixteen = Constant <value = int64[2] {16,16}> ()
  sizes = Concat <axis = 0> (batch_shape, sixteen)
  small = Resize <mode = "linear"> (mask_logits, , , sizes)
  zero = Constant <value = float[1] {0.0}> ()
  one = Constant <value = float[1] {1.0}> ()
  inside = Greater (small, zero)
  hard = Cast <to = 1> (inside)
  soft = Sigmoid (small)
  four = Constant <value = int64[4] {0,1,1,1}> ()
  flag = Reshape (binarize, four)
  other = Sub (one, flag)
  part1 = Mul (hard, flag)
  part2 = Mul (soft, other)
  mask = Add (part1, part2)
  ax1 = Constant <value = int64[1] {1}> ()
  bright = ReduceMean <keepdims = 1> (vision_features, ax1)
  seen = Mul (bright, mask)
  score4 = Reshape (object_score_logits, four)
  score0 = Mul (score4, zero)
  noted = Add (mask, score0)
  maskmem_features = Concat <axis = 1> (noted, seen)
}
"""
_READER = """
reader (float[1,4,16,16] vision_features, float[B,M,2,16,16] memory, int64[B,M] memory_tpos,
    float[B,P,4] obj_ptrs, float[B,P] obj_ptr_tdiff) => (float[B,4,16,16] image_embed)
{
  zero = Constant <value = float[1] {0.0}> ()
  ax1 = Constant <value = int64[1] {1}> ()
  colour = ReduceMean <keepdims = 0> (obj_ptrs, ax1)
  rest = Constant <value = int64[4] {0,4,1,1}> ()
  colour4 = Reshape (colour, rest)
  every = Constant <value = int64[4] {1,2,3,4}> ()
  maps = ReduceMean <keepdims = 0> (memory, every)
  times = Cast <to = 1> (memory_tpos)
  time = ReduceMean <keepdims = 0> (times, ax1)
  age = ReduceMean <keepdims = 0> (obj_ptr_tdiff, ax1)
  some = Add (maps, time)
  more = Add (some, age)
  more0 = Mul (more, zero)
  four = Constant <value = int64[4] {0,1,1,1}> ()
  quiet = Reshape (more0, four)
  grid = Mul (vision_features, zero)
  spread = Add (colour4, grid)
  image_embed = Add (spread, quiet)
}
"""
_PARTS = {
    'image_encoder': _ENCODER,
    'decoder': _DECODER,
    'memory_encoder': _WRITER,
    'memory_attention': _READER,
}
_MANIFEST = """
name: colours
family: sam2
files: {image_encoder: image_encoder.onnx, decoder: decoder.onnx,
        memory_encoder: memory_encoder.onnx, memory_attention: memory_attention.onnx}
input: {mean: [0, 0, 0], std: [1, 1, 1]}
"""


def write_color_networks(folder: Path, replaced: dict[str, tuple[str, str]] | None = None) -> Path:
    """Write the four networks with a manifest; `replaced` changes the text of some."""
    for part, text in _PARTS.items():
        old, new = (replaced or {}).get(part, ('', ''))
        model = parser.parse_model(f'{_OPSET}\n{text.replace(old, new) if old else text}')
        checker.check_model(model)
        onnx.save(model, str(folder / f'{part}.onnx'))
    manifest = folder / 'colours.yaml'
    manifest.write_text(_MANIFEST, 'utf-8')
    return manifest
