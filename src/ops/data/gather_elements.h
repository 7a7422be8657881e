#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// y[i, j, ...] = x[.., indices[i, j, ...], ..] along an axis; y has the shape of indices. Negative indices wrap.
struct GatherElements {
  static constexpr OpId kId = OpId::gather_elements;
  static constexpr bool kTakesText = true;
  int64_t axis = 0;
  friend bool operator==(const GatherElements&, const GatherElements&) = default;
};
DECLARE_OP(GatherElements);

}  // namespace dvt::ops
