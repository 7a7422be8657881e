#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// The maximum in each of height x width cells of each region of x[N, C, H, W]. Inputs: x, regions[R, 5] (the image,
/// then x1, y1, x2, y2 in pixels before spatial_scale, both ends belonging to the region). An empty cell gives 0.
struct RoiMaxPool {
  static constexpr OpId kId = OpId::roi_max_pool;
  int64_t height = 1, width = 1;
  double spatial_scale = 1;
  friend bool operator==(const RoiMaxPool&, const RoiMaxPool&) = default;
};
DECLARE_OP(RoiMaxPool);

}  // namespace dvt::ops
