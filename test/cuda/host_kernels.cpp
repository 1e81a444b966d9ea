// The kernels for a processor, and the layout of their parameters as a C++ compiler sees it.
#include "host_shim.h"

#include "mask_upscale.cu"
#include "memory_read.cu"
#include "memory_write.cu"
#include "postprocess.cu"
#include "preprocess.cu"

#include <cstddef>

#define LAUNCHER(name, Parameters)                                                          \
  extern "C" void host_##name(const unsigned *grid, const unsigned *block, const void *p) { \
    run(name, {grid[0], grid[1], grid[2]}, {block[0], block[1], block[2]},                  \
        *(const Parameters *)p);                                                            \
  }

LAUNCHER(preprocess, PreprocessParameters)
LAUNCHER(postprocess, PostprocessParameters)
LAUNCHER(mask_upscale, MaskUpscaleParameters)
LAUNCHER(memory_read, MemoryReadParameters)
LAUNCHER(memory_write, MemoryWriteParameters)

extern "C" void host_halves_to_floats(const unsigned short *halves, float *floats, int count) {
  for (int i = 0; i < count; ++i) floats[i] = half_to_float(halves[i]);
}

extern "C" void host_floats_to_halves(const float *floats, unsigned short *halves, int count) {
  for (int i = 0; i < count; ++i) halves[i] = float_to_half(floats[i]);
}
