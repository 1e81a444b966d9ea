// From a network's output to masks at camera size: what decode/labels.py, palette.py and blend.py
// do, in one launch.
#include "colors.cuh"
#include "counting.cuh"
#include "labels.cuh"
#include "numbers.cuh"

__device__ __forceinline__ unsigned color_of_class(const PostprocessParameters &p, int label) {
  return p.palette[label % p.palette_size];
}

// Writes red, green and blue, or the other way round.
__device__ __forceinline__ void write_color(
    unsigned char *at, int red, int green, int blue, int reversed) {
  at[0] = (unsigned char)(reversed ? blue : red);
  at[1] = (unsigned char)green;
  at[2] = (unsigned char)(reversed ? red : blue);
}

__device__ __forceinline__ void write_colors(
    const PostprocessParameters &p, long long pixel, int label) {
  unsigned char *at = p.colors + pixel * p.color_channels;
  const unsigned color = color_of_class(p, label);
  write_color(at, color >> 16 & 255, color >> 8 & 255, color & 255, p.colors_reversed);
  if (p.color_channels == 4) {
    at[3] = label == p.clear_in_colors ? 0 : 255;
  }
}

__device__ __forceinline__ int blended(const PostprocessParameters &p, int image, unsigned color) {
  return to_byte((float)image * p.image_share + (float)(color & 255u) * p.color_share);
}

__device__ __forceinline__ void write_overlay(
    const PostprocessParameters &p, long long pixel, int x, int y, int label) {
  Color<int> image;
  if (is_wide(p.image)) {
    const Color<float> wide = read_color(p.image, x, y, false, 0.0f);
    image = color_of<int>(to_byte(wide.value[0]), to_byte(wide.value[1]), to_byte(wide.value[2]));
  } else {
    image = read_color(p.image, x, y, false, 0);
  }
  if (label != p.clear_in_overlay) {
    const unsigned color = color_of_class(p, label);
    for (int i = 0; i < 3; ++i) {
      image.value[i] = blended(p, image.value[i], color >> (16 - 8 * i));
    }
  }
  write_color(p.overlay + pixel * 3, image.value[0], image.value[1], image.value[2],
              p.overlay_reversed);
}

extern "C" __global__ void postprocess(const PostprocessParameters p) {
  const int x = (int)(blockIdx.x * blockDim.x + threadIdx.x);
  const int y = (int)(blockIdx.y * blockDim.y + threadIdx.y);
  if (x >= p.width || y >= p.height) {
    return;
  }
  const long long pixel = (long long)y * p.width + x;
  Found found = {p.outside_class, 0.0f};
  if (is_shown(p.rows, y) && is_shown(p.columns, x)) {
    found = find(p, x, y);
  }
  if (p.labels && p.label_bytes == 1) {
    p.labels[pixel] = (unsigned char)found.label;
  } else if (p.labels) {
    ((unsigned short *)p.labels)[pixel] = (unsigned short)found.label;
  }
  if (p.confidence) {
    p.confidence[pixel] = fminf(fmaxf(found.confidence, 0.0f), 1.0f);
  }
  if (p.colors) {
    write_colors(p, pixel, found.label);
  }
  if (p.overlay) {
    write_overlay(p, pixel, x, y, found.label);
  }
  if (p.counts && found.label < p.count_slots) {
    add_one(p.counts, (unsigned)found.label);
  }
}
