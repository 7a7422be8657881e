#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// Positions (i64) of the elements that are not 0, in row-major order: [rank, count]. Late size 0 is the count.
struct NonZero {
  static constexpr OpId kId = OpId::non_zero;
  friend bool operator==(const NonZero&, const NonZero&) = default;
};
DECLARE_LATE_OP(NonZero);

}  // namespace dvt::ops
