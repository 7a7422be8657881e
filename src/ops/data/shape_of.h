#pragma once
#include <cstdint>

#include "ops/op.h"

namespace dvt::ops {

/// The dimensions [start, end) of x as i64; negative bounds count from the end, both are clamped.
struct ShapeOf {
  static constexpr OpId kId = OpId::shape;
  static constexpr bool kTakesText = true;
  int64_t start = 0, end = INT64_MAX;
  friend bool operator==(const ShapeOf&, const ShapeOf&) = default;
};
DECLARE_SHAPE_OP(ShapeOf);

}  // namespace dvt::ops
