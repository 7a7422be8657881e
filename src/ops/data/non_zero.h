#pragma once
#include <string>

#include "ops/op.h"

namespace dvt::ops {

/// Positions (i64) of the elements that are not 0, in row-major order: [rank, count]. count is known only after the op
/// ran and is named by a late-bound symbol.
struct NonZero {
  static constexpr OpId kId = OpId::non_zero;
  std::string symbol = "?non_zero";  ///< Unique within a graph; starts with '?'.
  friend bool operator==(const NonZero&, const NonZero&) = default;
};
DECLARE_OP(NonZero);

}  // namespace dvt::ops
