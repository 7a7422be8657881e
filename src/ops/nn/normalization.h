#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// y = (x - mean(x)) / sqrt(variance(x) + epsilon) [* scale] [+ bias]; rms: x / sqrt(mean(x^2) + epsilon).
/// layer, rms: over the axes from `axis` on, scale and bias broadcast to x from the right.
/// group, instance: x[N, C, ...], over each group of channels and all spatial positions; scale and bias are [C].
/// Inputs: x [, scale] [, bias].
struct Normalization {
  static constexpr OpId kId = OpId::normalization;
  enum class Kind { layer, rms, group, instance };
  Kind kind = Kind::layer;
  int64_t axis = -1;   ///< First normalized axis of layer and rms.
  int64_t groups = 1;  ///< group only.
  double epsilon = 1e-5;
  bool has_scale = false, has_bias = false;
  friend bool operator==(const Normalization&, const Normalization&) = default;
};
DECLARE_OP(Normalization);

}  // namespace dvt::ops
