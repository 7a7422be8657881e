#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// Axis i of the output is axis perm[i] of the input.
struct Transpose {
  static constexpr OpId kId = OpId::transpose;
  static constexpr bool kTakesText = true;
  std::vector<int64_t> perm;  ///< Empty: the axes in reverse.
  friend bool operator==(const Transpose&, const Transpose&) = default;
};
DECLARE_SHAPE_OP(Transpose);

}  // namespace dvt::ops
