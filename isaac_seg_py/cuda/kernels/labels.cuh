// The class of a pixel and how sure the network is of it, as decode/labels.py defines them.
#pragma once

#include "cells.cuh"
#include "colors.cuh"
#include "counting.cuh"
#include "numbers.cuh"

// SCORES are any numbers, of which the highest wins; CHANCES are probabilities already. BINARY is
// one plane of probabilities, BINARY_SCORES one of what the logistic function makes them of.
enum OutputKind { CHANCES, SCORES, BINARY, BINARY_SCORES, IDS };

// What was wrong, in pixels of the result, and the highest class id. Zero before the launch.
struct Report {
  unsigned not_finite;
  unsigned out_of_range;
  unsigned fractions;
  unsigned highest;
};

// Results whose pointer is null are not made.
struct PostprocessParameters {
  const void *output;
  unsigned char *labels;   // (height, width), of 1 or 2 bytes
  float *confidence;       // (height, width)
  unsigned char *colors;   // (height, width, color_channels)
  unsigned char *overlay;  // (height, width, 3)
  unsigned *counts;        // pixels of each of count_slots classes, added to what is there
  Report *report;
  const unsigned *palette;  // 0xRRGGBB of each of palette_size classes
  ImageSource image;        // under the overlay, of the same height and width
  Axis rows;                // from the result to the cells of the output
  Axis columns;
  long long class_stride;  // in elements, as all strides
  long long row_stride;
  long long column_stride;
  int height;  // of the result
  int width;
  int classes;
  int ignored;  // a class that is never chosen, as if it were not there; -1 is none
  int element;
  int kind;
  int interpolate;
  int label_bytes;
  int outside_class;  // of pixels that the canvas does not show
  int count_slots;
  int palette_size;
  int color_channels;    // 4 with an alpha channel
  int colors_reversed;   // blue comes first
  int overlay_reversed;
  int clear_in_colors;   // the class with alpha 0, and ...
  int clear_in_overlay;  // ... the one that leaves the image as it is; -1 is none
  float limit;           // from which BINARY and BINARY_SCORES are class 1
  float image_share;     // overlay = image * image_share + color * color_share
  float color_share;
  int unused;
};

struct Found {
  int label;
  float confidence;
};

// Takes the place of minus infinity, of which no part can be taken.
#define LOWEST (-1e30f)

__device__ __forceinline__ void count_fault(unsigned *place) { atomicAdd(place, 1u); }

__device__ __forceinline__ float score(
    const PostprocessParameters &p, long long at, int of_class) {
  return read_float(p.output, p.element, at + of_class * p.class_stride);
}

// The probability of a class in one cell, whose highest score is known.
__device__ __forceinline__ float chance(
    const PostprocessParameters &p, long long at, int of_class, float highest) {
  const float own = score(p, at, of_class);
  if (p.kind == CHANCES) {
    return own;
  }
  float total = 0.0f;
  for (int other = 0; other < p.classes; ++other) {
    if (other != p.ignored) {
      total += expf(score(p, at, other) - highest);
    }
  }
  return expf(own - highest) / total;
}

// The highest mix of scores wins, the lower class of equals.
template <int corners>
__device__ __forceinline__ Found find_winner(const PostprocessParameters &p, const Cells &cells) {
  const float nothing = __uint_as_float(0xff800000u);  // minus infinity
  float highest[4] = {nothing, nothing, nothing, nothing}, values[4];
  float best = nothing;
  bool wrong = false;
  Found found = {p.ignored == 0 ? 1 : 0, 0.0f};
  for (int of_class = 0; of_class < p.classes; ++of_class) {
    if (of_class == p.ignored) {
      continue;
    }
    for (int i = 0; i < corners; ++i) {
      const float value = score(p, cells.at[i], of_class);
      wrong |= !(value <= 3.402823466e38f);  // infinite, or no number
      highest[i] = value > highest[i] ? value : highest[i];
      values[i] = corners > 1 && value < LOWEST ? LOWEST : value;
    }
    const float value = corners > 1 ? mix(cells, values) : values[0];
    if (value > best) {
      best = value;
      found.label = of_class;
    }
  }
  for (int i = 0; i < corners; ++i) {
    wrong |= !is_finite(highest[i]);
  }
  if (wrong && p.report) {
    count_fault(&p.report->not_finite);
  }
  if (p.confidence) {
#pragma unroll
    for (int i = 0; i < corners; ++i) {
      values[i] = chance(p, cells.at[i], found.label, highest[i]);
    }
    found.confidence = corners > 1 ? mix(cells, values) : values[0];
  }
  return found;
}

template <int corners>
__device__ __forceinline__ Found find_binary(const PostprocessParameters &p, const Cells &cells) {
  float values[4];
  bool finite = true, in_range = true;
  for (int i = 0; i < corners; ++i) {
    values[i] = score(p, cells.at[i], 0);
    finite &= is_finite(values[i]);
    // Half precision may round a little over the edge.
    in_range &= p.kind == BINARY_SCORES || (values[i] >= -1e-3f && values[i] <= 1.001f);
  }
  if (p.report && !finite) {
    count_fault(&p.report->not_finite);
  } else if (p.report && !in_range) {
    count_fault(&p.report->out_of_range);
  }
  const float value = corners > 1 ? mix(cells, values) : values[0];
  Found found = {value >= p.limit, 0.0f};
  if (p.confidence) {
    // The logistic function, written so that nothing overflows.
    const float one = p.kind == BINARY_SCORES ? 0.5f + 0.5f * tanhf(0.5f * value)
                                              : fminf(fmaxf(value, 0.0f), 1.0f);
    found.confidence = found.label ? one : 1.0f - one;
  }
  return found;
}

__device__ __forceinline__ Found find_id(const PostprocessParameters &p, const Cells &cells) {
  Found found = {0, 0.0f};
  long long id;
  if (p.element == FLOAT32 || p.element == FLOAT16 || p.element == FLOAT64) {
    const float value = score(p, cells.at[0], 0);
    // A comparison with what is no number is false.
    id = value >= 0.0f && value < 65536.0f ? (long long)value : -1;
    if (p.report && id >= 0 && (float)id != value) {
      count_fault(&p.report->fractions);
    }
  } else {
    id = read_integer(p.output, p.element, cells.at[0]);
  }
  if (id >= 0 && id < 65535) {
    found.label = (int)id;
    if (p.report) {
      raise_to(&p.report->highest, (unsigned)id);
    }
  } else if (p.report) {
    count_fault(&p.report->out_of_range);
  }
  return found;
}

__device__ __forceinline__ Found find(const PostprocessParameters &p, int x, int y) {
  const bool interpolate = p.interpolate && p.kind != IDS;
  const Cells cells =
      cells_around(p.rows, p.columns, x, y, interpolate, p.row_stride, p.column_stride);
  switch (p.kind) {
    case IDS: return find_id(p, cells);
    case BINARY:
    case BINARY_SCORES: return interpolate ? find_binary<4>(p, cells) : find_binary<1>(p, cells);
    default: return interpolate ? find_winner<4>(p, cells) : find_winner<1>(p, cells);
  }
}
