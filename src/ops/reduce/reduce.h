#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// Reduces axes to one element each. Integers are reduced exactly (mean truncates; roots and logarithms are a double's,
/// truncated); on b8 max is any and min is all. No elements give 0, 1 for prod, the type's lowest value for max (-inf
/// where it has one) and its highest for min.
struct Reduce {
  static constexpr OpId kId = OpId::reduce;
  enum class Kind { sum, mean, max, min, prod, l1, l2, sum_square, log_sum, log_sum_exp };
  Kind kind = Kind::sum;
  std::vector<int64_t> axes;  ///< Empty: all.
  bool keep_dims = true;
  friend bool operator==(const Reduce&, const Reduce&) = default;
};
DECLARE_SHAPE_OP(Reduce);

}  // namespace dvt::ops
