#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// y = (x - zero_point) * scale, of type `to`. Inputs: x, scale [, zero_point of x's type]; scale as in quantize.
struct Dequantize {
  static constexpr OpId kId = OpId::dequantize;
  int64_t axis = 1;
  int64_t block_size = 0;  ///< 0: no blocks.
  DType to = DType::f32;
  bool has_zero_point = false;
  friend bool operator==(const Dequantize&, const Dequantize&) = default;
};
DECLARE_OP(Dequantize);

}  // namespace dvt::ops
