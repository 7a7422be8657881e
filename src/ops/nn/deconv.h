#pragma once
#include "ops/nn/window.h"
#include "ops/op.h"

namespace dvt::ops {

/// Transposed convolution of x[N, C, spatial...] with w[C, M / groups, kernel...], giving y[N, M, spatial...] where a
/// spatial size is (x - 1) * stride + dilation * (kernel - 1) + 1 + output_padding - pads (same padding: x * stride).
struct Deconv {
  static constexpr OpId kId = OpId::deconv;
  std::vector<int64_t> strides, dilations;    ///< One per spatial dimension; empty: 1.
  std::vector<int64_t> pads_begin, pads_end;  ///< One per spatial dimension; empty: 0. Used when padding is explicit.
  std::vector<int64_t> output_padding;        ///< Extra rows at each spatial end; empty: 0.
  int64_t groups = 1;
  Padding padding = Padding::explicit_pads;
  friend bool operator==(const Deconv&, const Deconv&) = default;
};
DECLARE_OP(Deconv);

/// The window with pads resolved for given sizes of x and w.
Window resolve_window(const Deconv& op, std::span<const int64_t> x, std::span<const int64_t> w);

}  // namespace dvt::ops
