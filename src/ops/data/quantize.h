#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// y = saturate(round_half_even(x / scale) + zero_point). Inputs: x, scale [, zero_point of type `to`]. scale is a
/// scalar (per tensor), a vector along axis, or, with a block size, of x's rank with blocks along axis.
struct Quantize {
  static constexpr OpId kId = OpId::quantize;
  int64_t axis = 1;
  int64_t block_size = 0;  ///< 0: no blocks.
  DType to = DType::i8;
  bool has_zero_point = false;
  friend bool operator==(const Quantize&, const Quantize&) = default;
};
DECLARE_OP(Quantize);

}  // namespace dvt::ops
