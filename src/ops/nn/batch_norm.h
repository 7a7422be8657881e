#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// y = (x - mean) / sqrt(variance + epsilon) * scale + bias, per channel (axis 1).
/// Inputs: x[N, C, ...], scale[C], bias[C], mean[C], variance[C].
struct BatchNorm {
  static constexpr OpId kId = OpId::batch_norm;
  double epsilon = 1e-5;
  friend bool operator==(const BatchNorm&, const BatchNorm&) = default;
};
DECLARE_OP(BatchNorm);

}  // namespace dvt::ops
