// What is remembered of objects, put together from its places in memory as a network takes it.
#include "numbers.cuh"

struct MemoryReadParameters {
  const void *entries;  // (places, length) of bfloat16, or of float
  const int *places;    // count of them
  void *out;            // (count, length)
  int length;
  int count;
  int halves;  // entries are bfloat16
  int element;
};

extern "C" __global__ void memory_read(const MemoryReadParameters p) {
  const int x = (int)(blockIdx.x * blockDim.x + threadIdx.x);
  const int item = (int)(blockIdx.y * blockDim.y + threadIdx.y);
  if (x >= p.length || item >= p.count) {
    return;
  }
  const long long from = (long long)p.places[item] * p.length + x;
  const float value = p.halves ? bfloat_to_float(((const unsigned short *)p.entries)[from])
                               : ((const float *)p.entries)[from];
  write_float(p.out, p.element, (long long)item * p.length + x, value);
}
