#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// y = x / (bias + alpha / size * sum of x^2 over `size` neighbouring channels)^beta, channels on axis 1.
struct Lrn {
  static constexpr OpId kId = OpId::lrn;
  int64_t size = 5;
  double alpha = 1e-4, beta = 0.75, bias = 1;
  friend bool operator==(const Lrn&, const Lrn&) = default;
};
DECLARE_OP(Lrn);

}  // namespace dvt::ops
