// From what a network gives to remember of objects to their places in memory, as bfloat16.
#include "numbers.cuh"

// Without a target nothing is written, and without faults nothing is counted.
struct MemoryWriteParameters {
  const void *values;      // (count, length)
  unsigned short *target;  // of the same shape
  unsigned *faults;        // of each object, added to what is there: NaN and infinite numbers
  int length;
  int count;
  int element;
  int unused;
};

extern "C" __global__ void memory_write(const MemoryWriteParameters p) {
  const int x = (int)(blockIdx.x * blockDim.x + threadIdx.x);
  const int object = (int)(blockIdx.y * blockDim.y + threadIdx.y);
  if (x >= p.length || object >= p.count) {
    return;
  }
  const long long at = (long long)object * p.length + x;
  const float value = read_float(p.values, p.element, at);
  if (p.faults && !is_finite(value)) {
    atomicAdd(p.faults + object, 1u);
  }
  if (p.target) {
    p.target[at] = float_to_bfloat(value);
  }
}
