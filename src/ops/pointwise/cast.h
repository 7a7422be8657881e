#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// y = x converted to another type, as expr::convert says: float to integer truncates and saturates, to b8 is x != 0.
struct Cast {
  static constexpr OpId kId = OpId::cast;
  DType to = DType::f32;
  friend bool operator==(const Cast&, const Cast&) = default;
};
DECLARE_SHAPE_OP(Cast);

}  // namespace dvt::ops
