#pragma once
#include "ops/nn/window.h"
#include "ops/op.h"

namespace dvt::ops {

/// A 2-D convolution whose taps are moved by offsets and read between pixels (bilinear, zeros outside). Inputs:
/// x[N, C, H, W], w[M, C / groups, kh, kw], offset[N, offset_groups * kh * kw * 2, oh, ow] (down, across) and, where
/// its flag is set, mask[N, offset_groups * kh * kw, oh, ow] that multiplies what is read.
struct DeformConv {
  static constexpr OpId kId = OpId::deform_conv;
  std::vector<int64_t> strides, dilations;    ///< Two; empty: 1.
  std::vector<int64_t> pads_begin, pads_end;  ///< Two; empty: 0.
  int64_t groups = 1;
  int64_t offset_groups = 1;  ///< Groups of channels that share their offsets.
  bool has_mask = false;
  friend bool operator==(const DeformConv&, const DeformConv&) = default;
};
DECLARE_OP(DeformConv);

}  // namespace dvt::ops
