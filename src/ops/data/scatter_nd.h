#pragma once
#include "ops/data/scatter.h"
#include "ops/op.h"

namespace dvt::ops {

/// A copy of x with slices of updates written at positions held in the last axis of indices; negative ones count from
/// the end, and what would lie outside is left out. Inputs: x, indices, updates.
struct ScatterNd {
  static constexpr OpId kId = OpId::scatter_nd;
  static constexpr bool kTakesText = true;
  ScatterReduction reduction = ScatterReduction::none;
  friend bool operator==(const ScatterNd&, const ScatterNd&) = default;
};
DECLARE_OP(ScatterNd);

}  // namespace dvt::ops
