#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// y = x taken at `indices` along an axis: shape x[:axis] + indices + x[axis+1:]. Negative indices count from the end.
struct Gather {
  static constexpr OpId kId = OpId::gather;
  static constexpr bool kTakesText = true;
  int64_t axis = 0;
  friend bool operator==(const Gather&, const Gather&) = default;
};
DECLARE_SHAPE_OP(Gather);

}  // namespace dvt::ops
