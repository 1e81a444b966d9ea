// What a kernel finds on a device, for a processor: the same source, thread after thread.
#pragma once

#include <cmath>
#include <cstring>

#define __device__
#define __global__
#define __forceinline__ inline

struct Index {
  unsigned x, y, z;
};

static thread_local Index blockIdx, blockDim, threadIdx;

inline unsigned __float_as_uint(float value) {
  unsigned bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

inline float __uint_as_float(unsigned bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline unsigned atomicAdd(unsigned *place, unsigned value) {
  return __atomic_fetch_add(place, value, __ATOMIC_RELAXED);
}

inline unsigned atomicMax(unsigned *place, unsigned value) {
  const unsigned old = *place;
  *place = value > old ? value : old;
  return old;
}

// Runs a kernel for each thread of each block.
template <class Kernel, class Parameters>
void run(Kernel kernel, Index grid, Index block, const Parameters &parameters) {
  blockDim = block;
  for (unsigned bz = 0; bz < grid.z; ++bz)
    for (unsigned by = 0; by < grid.y; ++by)
      for (unsigned bx = 0; bx < grid.x; ++bx)
        for (unsigned tz = 0; tz < block.z; ++tz)
          for (unsigned ty = 0; ty < block.y; ++ty)
            for (unsigned tx = 0; tx < block.x; ++tx) {
              blockIdx = {bx, by, bz};
              threadIdx = {tx, ty, tz};
              kernel(parameters);
            }
}
