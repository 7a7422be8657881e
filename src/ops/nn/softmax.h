#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// y = exp(x - max(x)) / sum(exp(x - max(x))) along one axis; log: the logarithm of that.
struct Softmax {
  static constexpr OpId kId = OpId::softmax;
  int64_t axis = -1;
  bool log = false;
  friend bool operator==(const Softmax&, const Softmax&) = default;
};
DECLARE_OP(Softmax);

}  // namespace dvt::ops
