#pragma once
#include "ops/data/scatter.h"
#include "ops/op.h"

namespace dvt::ops {

/// A copy of x with slices of updates written at positions held in the last axis of indices. Inputs: x, indices,
/// updates.
struct ScatterNd {
  static constexpr OpId kId = OpId::scatter_nd;
  ScatterReduction reduction = ScatterReduction::none;
  friend bool operator==(const ScatterNd&, const ScatterNd&) = default;
};
DECLARE_OP(ScatterNd);

}  // namespace dvt::ops
