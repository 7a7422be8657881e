#pragma once
#include "ops/nn/window.h"
#include "ops/op.h"

namespace dvt::ops {

/// Cross-correlation of x[N, C, spatial...] with w[M, C / groups, kernel...], 1 to 3 spatial dimensions, giving
/// y[N, M, spatial...]. A bias rides as an epilogue or an addition. Integers wrap around; those of 8 bits give i32.
struct Conv {
  static constexpr OpId kId = OpId::conv;
  std::vector<int64_t> strides, dilations;    ///< One per spatial dimension; empty: 1.
  std::vector<int64_t> pads_begin, pads_end;  ///< One per spatial dimension; empty: 0. Used when padding is explicit.
  int64_t groups = 1;
  Padding padding = Padding::explicit_pads;
  friend bool operator==(const Conv&, const Conv&) = default;
};
DECLARE_OP(Conv);

/// The window with pads resolved for given sizes of x and w.
Window resolve_window(const Conv& op, std::span<const int64_t> x, std::span<const int64_t> w);

}  // namespace dvt::ops
