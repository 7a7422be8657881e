#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// Each region of x[N, C, H, W] resampled to C x height x width. Inputs: x, regions[R, 4] (x1, y1, x2, y2 in pixels
/// before spatial_scale), the image i64[R] of each region. A cell is the average or maximum of a grid of bilinear
/// samples.
struct RoiAlign {
  static constexpr OpId kId = OpId::roi_align;
  enum class Mode { average, max };
  Mode mode = Mode::average;
  bool half_pixel = true;  ///< Pixel centres lie at 0.5; else regions are at least one pixel wide.
  int64_t height = 1, width = 1;
  int64_t sampling_ratio = 0;  ///< Samples of a cell along each axis; 0: ceil(region / cells).
  double spatial_scale = 1;
  friend bool operator==(const RoiAlign&, const RoiAlign&) = default;
};
DECLARE_OP(RoiAlign);

}  // namespace dvt::ops
