// Numbers as NumPy stores and rounds them. Nothing here depends on the device or its compiler.
#pragma once

static_assert(sizeof(short) == 2 && sizeof(int) == 4 && sizeof(long long) == 8, "type sizes");

// The element types of tensors, in the order of ELEMENTS in kernel_structs.py.
enum Element {
  FLOAT32, FLOAT16, FLOAT64, UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64
};

__device__ __forceinline__ bool is_finite(float value) {
  return (__float_as_uint(value) & 0x7f800000u) != 0x7f800000u;
}

__device__ __forceinline__ int clamped(int value, int low, int high) {
  return value < low ? low : value > high ? high : value;
}

// Rounds halves to the even neighbour; what is no number becomes 0.
__device__ __forceinline__ unsigned char to_byte(float value) {
  const float rounded = rintf(value);
  return rounded >= 255.0f ? 255 : rounded > 0.0f ? (unsigned char)rounded : 0;
}

__device__ __forceinline__ float half_to_float(unsigned short half) {
  const unsigned magnitude = half & 0x7fffu;
  // Moved to their places in a float, the bits are right but for an exponent that is 112 too low;
  // the product is exact, for subnormal numbers too.
  float value = __uint_as_float(magnitude << 13) * __uint_as_float(239u << 23);
  if (magnitude >= 0x7c00u) {  // infinite, or no number
    value = __uint_as_float(0x7f800000u | magnitude << 13);
  }
  return half & 0x8000u ? -value : value;
}

// Rounds halves to the even neighbour; what is too large becomes infinite.
__device__ __forceinline__ unsigned short float_to_half(float value) {
  const unsigned bits = __float_as_uint(value);
  const unsigned sign = bits >> 16 & 0x8000u;
  const unsigned magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {
    return (unsigned short)(sign | 0x7e00u);
  }
  if (magnitude >= 0x477ff000u) {  // 65520 and above
    return (unsigned short)(sign | 0x7c00u);
  }
  if (magnitude < 0x38800000u) {
    // Subnormal: steps of 2^-24, which are the last bits of a float between 0.5 and 1.
    const float shifted = __uint_as_float(magnitude) + 0.5f;
    return (unsigned short)(sign | (__float_as_uint(shifted) - __float_as_uint(0.5f)));
  }
  const unsigned even = magnitude >> 13 & 1u;
  return (unsigned short)(sign | (magnitude - (112u << 23) + 0xfffu + even) >> 13);
}

// The upper half of a float; rounds to the nearest, and halves to the even neighbour.
__device__ __forceinline__ unsigned short float_to_bfloat(float value) {
  const unsigned bits = __float_as_uint(value);
  return (unsigned short)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

__device__ __forceinline__ float bfloat_to_float(unsigned short half) {
  return __uint_as_float((unsigned)half << 16);
}

__device__ __forceinline__ float read_float(const void *data, int element, long long index) {
  switch (element) {
    case FLOAT16: return half_to_float(((const unsigned short *)data)[index]);
    case FLOAT64: return (float)((const double *)data)[index];
    default: return ((const float *)data)[index];
  }
}

__device__ __forceinline__ long long read_integer(
    const void *data, int element, long long index) {
  switch (element) {
    case UINT8: return ((const unsigned char *)data)[index];
    case INT8: return ((const signed char *)data)[index];
    case UINT16: return ((const unsigned short *)data)[index];
    case INT16: return ((const short *)data)[index];
    case UINT32: return ((const unsigned *)data)[index];
    case INT32: return ((const int *)data)[index];
    default: return ((const long long *)data)[index];
  }
}

__device__ __forceinline__ void write_float(
    void *data, int element, long long index, float value) {
  switch (element) {
    case UINT8: ((unsigned char *)data)[index] = to_byte(value); break;
    case FLOAT16: ((unsigned short *)data)[index] = float_to_half(value); break;
    default: ((float *)data)[index] = value;
  }
}
