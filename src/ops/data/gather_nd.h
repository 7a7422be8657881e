#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// y[b, i] = x[b, indices[b, i, :], ...]: the last axis of indices holds positions along the first axes of x after
/// batch_dims. Negative indices wrap.
struct GatherNd {
  static constexpr OpId kId = OpId::gather_nd;
  static constexpr bool kTakesText = true;
  int64_t batch_dims = 0;
  friend bool operator==(const GatherNd&, const GatherNd&) = default;
};
DECLARE_OP(GatherNd);

}  // namespace dvt::ops
