#pragma once
#include "backend/cpu/conv/conv_shape.h"
#include "backend/cpu/matmul/tile_loop.h"

namespace dvt::cpu {

/// Where the tile kernels find the input of each output pixel: pointers per tile, [segment][pixel], into channels-last
/// x. A segment is one tap or, `merged`, a whole window row of neighbouring taps, which lie contiguous in x (unless
/// that is a slice). Taps on the padding point at zeros; a merged row that is partly padding is copied.
class RowTable {
 public:
  /// Taps are merged where a pixel has so few channels that single taps would be short.
  static bool merges(const ConvShape& s);
  static int64_t segments(const ConvShape& s, bool merged) { return merged ? s.kernel[0] * s.kernel[1] : s.taps(); }
  static int64_t depth(const ConvShape& s, bool merged) {
    return merged ? s.kernel[2] * s.channels : s.group_channels();
  }
  /// Floats that must be zero at `zeros`.
  static int64_t zeros(const ConvShape& s) { return s.channels * s.kernel[2]; }

  /// `offsets` has room for segments() numbers; `copies` for one merged row per pixel and segment.
  RowTable(const ConvShape& s, bool merged, const float* x, const float* zeros, int64_t* offsets) noexcept;
  /// Fills the table for tiles [t0, t1) of a loop over the pixels of images from `first_image` on.
  void fill(const TileLoop& loop, int64_t t0, int64_t t1, int64_t first_image, const float** table,
            float* copies) const noexcept;

 private:
  struct Pixel {
    const float* origin;        // x at the window's first tap, perhaps outside of x
    std::array<int64_t, 3> at;  // its coordinates
  };
  void fill_edge(const Pixel& pixel, int64_t rows, const float** column, float*& copies) const noexcept;

  const ConvShape& s_;
  bool merged_;
  const float *x_, *zeros_;
  int64_t segments_;
  int64_t* offsets_;
};

}  // namespace dvt::cpu
