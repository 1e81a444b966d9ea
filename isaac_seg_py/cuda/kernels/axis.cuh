// Where the pixels of one axis lie between the cells of another.
#pragma once

#include "numbers.cuh"

// Positions are whole numbers of 2^-44 cells: exact enough to stay on the right side of each edge
// between cells, and the same on every device. They are continuous: cell 3 spans 3.0 to 4.0.
enum { FRACTION_BITS = 44 };

struct Axis {
  long long start;  // centre of pixel 0
  long long step;   // from a pixel to the next
  int first;        // cells before this one and behind the last are never read
  int last;
  int cells;
  int unused;
};

// The two cells between whose centres a pixel lies, and the way from one to the other, 0 to 1.
struct Between {
  int low;
  int high;
  float part;
};

__device__ __forceinline__ long long position(const Axis &axis, int pixel) {
  // Without a sign, because only what lies outside of every picture can overflow.
  return (long long)((unsigned long long)axis.start +
                     (unsigned long long)axis.step * (unsigned long long)pixel);
}

__device__ __forceinline__ int cell_of(long long at) { return (int)(at >> FRACTION_BITS); }

// The part of a cell that a whole number of 2^-44 is, for numbers below one cell.
__device__ __forceinline__ float share(long long length) {
  return (float)(unsigned)(length >> (FRACTION_BITS - 32)) * (1.0f / 4294967296.0f);
}

__device__ __forceinline__ bool is_shown(const Axis &axis, int pixel) {
  const int cell = cell_of(position(axis, pixel));
  return cell >= 0 && cell < axis.cells;
}

__device__ __forceinline__ int nearest(const Axis &axis, int pixel) {
  return clamped(cell_of(position(axis, pixel)), axis.first, axis.last);
}

__device__ __forceinline__ Between between(const Axis &axis, int pixel) {
  const long long at = position(axis, pixel) - (1LL << (FRACTION_BITS - 1));
  const int low = cell_of(at);
  Between found;
  found.low = clamped(low, axis.first, axis.last);
  found.high = clamped(low + 1, axis.first, axis.last);
  found.part = share(at & ((1LL << FRACTION_BITS) - 1));
  return found;
}
