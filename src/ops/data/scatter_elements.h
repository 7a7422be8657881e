#pragma once
#include "ops/data/scatter.h"
#include "ops/op.h"

namespace dvt::ops {

/// A copy of x with updates written at positions given by indices along an axis. Inputs: x, indices, updates.
struct ScatterElements {
  static constexpr OpId kId = OpId::scatter_elements;
  static constexpr bool kTakesText = true;
  int64_t axis = 0;
  ScatterReduction reduction = ScatterReduction::none;
  friend bool operator==(const ScatterElements&, const ScatterElements&) = default;
};
DECLARE_OP(ScatterElements);

}  // namespace dvt::ops
