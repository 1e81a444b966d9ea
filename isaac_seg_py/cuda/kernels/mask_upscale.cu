// From small masks of scores, as SAM puts them out, to masks at camera size, many in one launch.
#include "cells.cuh"
#include "counting.cuh"
#include "numbers.cuh"

// Results whose pointer is null are not made. Areas and boxes are zero before the launch.
struct MaskUpscaleParameters {
  const void *scores;
  unsigned char *masks;  // (count, height, width): 1 where the score is above the limit
  unsigned *areas;       // pixels of each mask
  unsigned *boxes;       // of each mask: width - left, height - top, right, bottom; 0 if empty
  Axis rows;             // from the image to the cells of the scores
  Axis columns;
  long long mask_stride;  // in elements, as all strides
  long long row_stride;
  long long column_stride;
  int height;  // of the image
  int width;
  int count;
  int element;
  float limit;
  int unused;
};

extern "C" __global__ void mask_upscale(const MaskUpscaleParameters p) {
  const int x = (int)(blockIdx.x * blockDim.x + threadIdx.x);
  const int y = (int)(blockIdx.y * blockDim.y + threadIdx.y);
  const int mask = (int)blockIdx.z;
  if (x >= p.width || y >= p.height || mask >= p.count) {
    return;
  }
  bool inside = false;
  if (is_shown(p.rows, y) && is_shown(p.columns, x)) {
    const Cells cells =
        cells_around(p.rows, p.columns, x, y, true, p.row_stride, p.column_stride);
    float values[4];
    for (int i = 0; i < 4; ++i) {
      values[i] = read_float(p.scores, p.element, mask * p.mask_stride + cells.at[i]);
    }
    inside = mix(cells, values) > p.limit;
  }
  if (p.masks) {
    p.masks[((long long)mask * p.height + y) * p.width + x] = inside;
  }
  if (inside && p.areas) {
    add_one(p.areas, (unsigned)mask);
  }
  if (inside && p.boxes) {
    unsigned *box = p.boxes + 4LL * mask;
    raise_to(box + 0, (unsigned)(p.width - x));
    raise_to(box + 1, (unsigned)(p.height - y));
    raise_to(box + 2, (unsigned)(x + 1));
    raise_to(box + 3, (unsigned)(y + 1));
  }
}
