// The cells of a network's output around a pixel.
#pragma once

#include "axis.cuh"

// Four cells and how to mix them; without interpolation only the first counts.
struct Cells {
  long long at[4];  // upper left, upper right, lower left, lower right
  float across;
  float down;
};

__device__ __forceinline__ Cells cells_around(
    const Axis &rows, const Axis &columns, int x, int y, bool interpolate, long long row_stride,
    long long column_stride) {
  Cells cells;
  Between row, column;
  if (interpolate) {
    row = between(rows, y);
    column = between(columns, x);
  } else {
    row.low = row.high = nearest(rows, y);
    column.low = column.high = nearest(columns, x);
    row.part = column.part = 0.0f;
  }
  cells.at[0] = row.low * row_stride + column.low * column_stride;
  cells.at[1] = row.low * row_stride + column.high * column_stride;
  cells.at[2] = row.high * row_stride + column.low * column_stride;
  cells.at[3] = row.high * row_stride + column.high * column_stride;
  cells.across = column.part;
  cells.down = row.part;
  return cells;
}

// Each step rounds, but none turns an order round.
__device__ __forceinline__ float mix(const Cells &cells, const float values[4]) {
  const float above = values[0] * (1.0f - cells.across) + values[1] * cells.across;
  const float below = values[2] * (1.0f - cells.across) + values[3] * cells.across;
  return above * (1.0f - cells.down) + below * cells.down;
}
