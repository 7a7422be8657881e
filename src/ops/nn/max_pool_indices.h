#pragma once
#include "ops/nn/pool.h"
#include "ops/op.h"

namespace dvt::ops {

/// A maximum pool (see pool) that also gives where each maximum, the first of equals, lies: its position (i64) in the
/// whole of x, row-major, or with the spatial axes in column-major order. A window of padding only has position -1.
struct MaxPoolIndices {
  static constexpr OpId kId = OpId::max_pool_indices;
  std::vector<int64_t> window;
  std::vector<int64_t> strides, dilations;
  std::vector<int64_t> pads_begin, pads_end;
  Padding padding = Padding::explicit_pads;
  bool ceil_mode = false;
  bool column_major = false;
  friend bool operator==(const MaxPoolIndices&, const MaxPoolIndices&) = default;
};
DECLARE_OP(MaxPoolIndices);

}  // namespace dvt::ops
