// Counts and extremes that all threads add to.
#pragma once

// Adds 1 to a slot. Threads of a warp with the same slot send one addition: pixels beside each
// other are mostly of one class, and additions to one place wait for each other.
__device__ __forceinline__ void add_one(unsigned *slots, unsigned slot) {
#ifdef __CUDA_ARCH__
  const unsigned same = __match_any_sync(__activemask(), slot);
  unsigned lane;
  asm("mov.u32 %0, %%laneid;" : "=r"(lane));
  if (lane == (unsigned)__ffs((int)same) - 1u) {
    atomicAdd(slots + slot, (unsigned)__popc(same));
  }
#else
  atomicAdd(slots + slot, 1u);
#endif
}

// Looking first is cheap and nearly always enough.
__device__ __forceinline__ void raise_to(unsigned *place, unsigned value) {
  if (value > *(volatile unsigned *)place) {
    atomicMax(place, value);
  }
}
