// From a camera image to the input tensor of a network: what encode/image.py does, in one launch.
#include "axis.cuh"
#include "colors.cuh"
#include "numbers.cuh"

enum Sampling { POINT, LINEAR, AREA };

struct PreprocessParameters {
  ImageSource image;
  void *tensor;          // (batch, channels, height, width), or channels last
  unsigned *not_finite;  // counts canvas pixels of NaN or infinity; null where nobody asks
  Axis rows;             // from the canvas to the image
  Axis columns;
  int height;  // of the canvas
  int width;
  int top;  // the part of the canvas that shows the image
  int left;
  int bottom;
  int right;
  int sampling;
  int element;
  int channels;  // 1 is grey
  int reversed;  // blue comes first
  int planar;
  int batch;
  float scale[3];  // for each channel of the tensor: value = pixel * scale + bias
  float bias[3];
  float padding[3];  // values of the tensor outside the image
};

// Four pixels become one. Bytes are weighed in steps of 1/2048 and rounded as OpenCV does it.
__device__ __forceinline__ int mixed(
    int upper_left, int upper_right, int lower_left, int lower_right, float across, float down) {
  const int right = (int)rintf(across * 2048.0f), lower = (int)rintf(down * 2048.0f);
  const int above = upper_left * (2048 - right) + upper_right * right;
  const int below = lower_left * (2048 - right) + lower_right * right;
  const int sum = (((2048 - lower) * (above >> 4)) >> 16) + ((lower * (below >> 4)) >> 16);
  return (sum + 2) >> 2;
}

__device__ __forceinline__ float mixed(
    float upper_left, float upper_right, float lower_left, float lower_right, float across,
    float down) {
  const float above = upper_left * (1.0f - across) + upper_right * across;
  const float below = lower_left * (1.0f - across) + lower_right * across;
  return above * (1.0f - down) + below * down;
}

// Where bytes are mixed, OpenCV rounds positions to floats, which shows in the weights.
__device__ __forceinline__ Between between(const Axis &axis, int pixel, int) {
  const long long at = position(axis, pixel) - (1LL << (FRACTION_BITS - 1));
  const float place = (float)at * (1.0f / (float)(1LL << FRACTION_BITS));
  const float low = floorf(place);
  Between found;
  found.low = clamped((int)low, axis.first, axis.last);
  found.high = clamped((int)low + 1, axis.first, axis.last);
  found.part = place - low;
  return found;
}

__device__ __forceinline__ Between between(const Axis &axis, int pixel, float) {
  return between(axis, pixel);
}

template <class T>
__device__ __forceinline__ Color<T> linear_color(
    const PreprocessParameters &p, int x, int y, bool grey) {
  const Between row = between(p.rows, y, T()), column = between(p.columns, x, T());
  const Color<T> upper_left = read_color(p.image, column.low, row.low, grey, T());
  const Color<T> upper_right = read_color(p.image, column.high, row.low, grey, T());
  const Color<T> lower_left = read_color(p.image, column.low, row.high, grey, T());
  const Color<T> lower_right = read_color(p.image, column.high, row.high, grey, T());
  Color<T> color;
  for (int i = 0; i < 3; ++i) {
    color.value[i] = mixed(upper_left.value[i], upper_right.value[i], lower_left.value[i],
                           lower_right.value[i], column.part, row.part);
  }
  return color;
}

__device__ __forceinline__ void rounded(float value, int &result) { result = to_byte(value); }
__device__ __forceinline__ void rounded(float value, float &result) { result = value; }

// How much of a cell lies between two positions, 0 to 1.
__device__ __forceinline__ float overlap(long long begin, long long end, int cell) {
  const long long from = (long long)cell << FRACTION_BITS, to = from + (1LL << FRACTION_BITS);
  if (begin <= from && end >= to) {
    return 1.0f;
  }
  return share((end < to ? end : to) - (begin > from ? begin : from));
}

template <class T>
__device__ __forceinline__ Color<T> area_color(
    const PreprocessParameters &p, int x, int y, bool grey) {
  const long long top = position(p.rows, y) - p.rows.step / 2, bottom = top + p.rows.step;
  const long long left = position(p.columns, x) - p.columns.step / 2;
  const long long right = left + p.columns.step;
  const int last_row = clamped(cell_of(bottom - 1), 0, p.rows.last);
  const int last_column = clamped(cell_of(right - 1), 0, p.columns.last);
  Color<float> sum = color_of(0.0f, 0.0f, 0.0f);
  float weight = 0.0f;
  for (int row = clamped(cell_of(top), 0, p.rows.last); row <= last_row; ++row) {
    const float height = overlap(top, bottom, row);
    for (int column = clamped(cell_of(left), 0, p.columns.last); column <= last_column;
         ++column) {
      const float part = height * overlap(left, right, column);
      const Color<T> color = read_color(p.image, column, row, grey, T());
      for (int i = 0; i < 3; ++i) {
        sum.value[i] += (float)color.value[i] * part;
      }
      weight += part;
    }
  }
  Color<T> color;
  for (int i = 0; i < 3; ++i) {
    rounded(sum.value[i] / weight, color.value[i]);
  }
  return color;
}

template <class T>
__device__ __forceinline__ Color<float> sampled(const PreprocessParameters &p, int x, int y) {
  const bool grey = p.channels == 1;
  Color<T> color;
  if (p.sampling == POINT) {
    color = read_color(p.image, nearest(p.columns, x), nearest(p.rows, y), grey, T());
  } else if (p.sampling == LINEAR) {
    color = linear_color<T>(p, x, y, grey);
  } else {
    color = area_color<T>(p, x, y, grey);
  }
  return color_of((float)color.value[0], (float)color.value[1], (float)color.value[2]);
}

extern "C" __global__ void preprocess(const PreprocessParameters p) {
  const int x = (int)(blockIdx.x * blockDim.x + threadIdx.x);
  const int y = (int)(blockIdx.y * blockDim.y + threadIdx.y);
  if (x >= p.width || y >= p.height) {
    return;
  }
  const bool inside = x >= p.left && x < p.right && y >= p.top && y < p.bottom;
  Color<float> color = color_of(0.0f, 0.0f, 0.0f);
  if (inside) {
    color = is_wide(p.image) ? sampled<float>(p, x, y) : sampled<int>(p, x, y);
    const bool finite =
        is_finite(color.value[0]) && is_finite(color.value[1]) && is_finite(color.value[2]);
    if (!finite && p.not_finite) {
      atomicAdd(p.not_finite, 1u);
    }
  }
  const long long pixels = (long long)p.height * p.width, pixel = (long long)y * p.width + x;
  for (int i = 0; i < p.channels; ++i) {
    const float level = color.value[p.reversed ? 2 - i : i];
    const float value = inside ? level * p.scale[i] + p.bias[i] : p.padding[i];
    const long long place = p.planar ? i * pixels + pixel : pixel * p.channels + i;
    for (int item = 0; item < p.batch; ++item) {
      write_float(p.tensor, p.element, item * pixels * p.channels + place, value);
    }
  }
}
