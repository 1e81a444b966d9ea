// The colour of a pixel of a camera image, as encode/colors.py defines it.
#pragma once

#include "numbers.cuh"

enum SourceKind { BYTES, WORDS, FLOATS, YUV_PACKED, YUV_PLANES, BAYER };

// An image in the memory of the device. What `places` means depends on the kind:
// BYTES, WORDS, FLOATS: the channels of red, green, blue in a pixel
// YUV_PACKED: the bytes of brightness, U, V in two pixels
// YUV_PLANES: unused, and the bytes of U, V in a pair
// BAYER: row and column of the first red pixel, unused
struct ImageSource {
  const unsigned char *pixels;
  long long step;  // bytes from a row to the next
  int height;
  int width;
  int kind;
  int channels;
  int places[3];
  int swapped;  // numbers of several bytes begin with the high one
};

// Red, green, blue, or three times grey; whole numbers of 0 to 255, or floats on the same scale.
template <class T>
struct Color {
  T value[3];
};

__device__ __forceinline__ bool is_wide(const ImageSource &image) {
  return image.kind == WORDS || image.kind == FLOATS;
}

template <class T>
__device__ __forceinline__ Color<T> color_of(T red, T green, T blue) {
  Color<T> color = {{red, green, blue}};
  return color;
}

__device__ __forceinline__ const unsigned char *row_of(const ImageSource &image, int y) {
  return image.pixels + (long long)y * image.step;
}

__device__ __forceinline__ int to_range(int value) { return clamped(value, 0, 255); }

// BT.601 with limited range, in steps of 2^-20.
__device__ __forceinline__ Color<int> yuv_color(int y, int u, int v, bool grey) {
  if (grey) {
    const int level = to_byte((float)(y - 16) * (255.0f / 219.0f));
    return color_of(level, level, level);
  }
  const int base = (y > 16 ? y - 16 : 0) * 1220542 + (1 << 19);
  u -= 128;
  v -= 128;
  return color_of(to_range((base + 1673527 * v) >> 20),
                  to_range((base - 852492 * v - 409993 * u) >> 20),
                  to_range((base + 2116026 * u) >> 20));
}

__device__ __forceinline__ Color<int> packed_yuv_color(
    const ImageSource &image, int x, int y, bool grey) {
  const unsigned char *pair = row_of(image, y) + (x >> 1) * 4;
  return yuv_color(pair[image.places[0] + (x & 1) * 2], pair[image.places[1]],
                   pair[image.places[2]], grey);
}

__device__ __forceinline__ Color<int> planar_yuv_color(
    const ImageSource &image, int x, int y, bool grey) {
  const unsigned char *pair = row_of(image, image.height + (y >> 1)) + (x >> 1) * 2;
  return yuv_color(row_of(image, y)[x], pair[image.places[1]], pair[image.places[2]], grey);
}

__device__ __forceinline__ Color<int> bayer_color(
    const ImageSource &image, int x, int y, bool grey) {
  // The outermost pixels, which have no neighbours, take the colour of the next ones.
  x = clamped(x, 1, image.width - 2);
  y = clamped(y, 1, image.height - 2);
  const unsigned char *above = row_of(image, y - 1) + x;
  const unsigned char *here = row_of(image, y) + x;
  const unsigned char *below = row_of(image, y + 1) + x;
  const int own = here[0];
  const int across = here[-1] + here[1];
  const int down = above[0] + below[0];
  const int corners = above[-1] + above[1] + below[-1] + below[1];
  const bool red_row = ((y ^ image.places[0]) & 1) == 0;
  const bool green = red_row == (((x ^ image.places[1]) & 1) != 0);
  if (grey) {
    // Four times each colour, weighed in steps of 2^-14. This row has red or blue beside green.
    const int row_weight = red_row ? 4899 : 1868, other_weight = red_row ? 1868 : 4899;
    const int sum = green ? 2 * across * row_weight + 4 * own * 9617 + 2 * down * other_weight
                          : 4 * own * row_weight + (across + down) * 9617 + corners * other_weight;
    const int level = (sum + (1 << 15)) >> 16;
    return color_of(level, level, level);
  }
  const int row_color = green ? (across + 1) >> 1 : own;
  const int other_color = green ? (down + 1) >> 1 : (corners + 2) >> 2;
  const int middle = green ? own : (across + down + 2) >> 2;
  return red_row ? color_of(row_color, middle, other_color)
                 : color_of(other_color, middle, row_color);
}

// Read byte by byte, because rows need not begin on whole numbers.
__device__ __forceinline__ float wide_value(const ImageSource &image, const unsigned char *at) {
  if (image.kind == WORDS) {
    const unsigned word = image.swapped ? at[0] << 8 | at[1] : at[1] << 8 | at[0];
    return (float)word * (255.0f / 65535.0f);
  }
  const unsigned bits =
      image.swapped
          ? (unsigned)at[0] << 24 | (unsigned)at[1] << 16 | (unsigned)at[2] << 8 | at[3]
          : (unsigned)at[3] << 24 | (unsigned)at[2] << 16 | (unsigned)at[1] << 8 | at[0];
  return __uint_as_float(bits) * 255.0f;
}

// The colour at a pixel within the image: of bytes ...
__device__ __forceinline__ Color<int> read_color(
    const ImageSource &image, int x, int y, bool grey, int) {
  switch (image.kind) {
    case YUV_PACKED: return packed_yuv_color(image, x, y, grey);
    case YUV_PLANES: return planar_yuv_color(image, x, y, grey);
    case BAYER: return bayer_color(image, x, y, grey);
  }
  const unsigned char *at = row_of(image, y) + x * image.channels;
  const int red = at[image.places[0]], green = at[image.places[1]], blue = at[image.places[2]];
  if (!grey) {
    return color_of(red, green, blue);
  }
  const int level = (red * 9798 + green * 19235 + blue * 3735 + (1 << 14)) >> 15;
  return color_of(level, level, level);
}

// ... and of wider numbers. The last argument only chooses between the two.
__device__ __forceinline__ Color<float> read_color(
    const ImageSource &image, int x, int y, bool grey, float) {
  const int size = image.kind == WORDS ? 2 : 4;
  const unsigned char *at = row_of(image, y) + (long long)x * image.channels * size;
  const float red = wide_value(image, at + image.places[0] * size);
  if (image.channels == 1) {
    return color_of(red, red, red);
  }
  const float green = wide_value(image, at + image.places[1] * size);
  const float blue = wide_value(image, at + image.places[2] * size);
  if (!grey) {
    return color_of(red, green, blue);
  }
  const float level = red * 0.299f + green * 0.587f + blue * 0.114f;
  return color_of(level, level, level);
}
