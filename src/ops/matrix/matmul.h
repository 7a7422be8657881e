#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// y[..., i, j] = sum over k of a[..., i, k] * b[..., k, j]. Ranks of 2 or more; leading dimensions broadcast.
/// The result has the inputs' type; 8-bit integers (signed and unsigned in any mix) give i32.
struct MatMul {
  static constexpr OpId kId = OpId::matmul;
  bool transpose_a = false;  ///< a is stored [..., k, i].
  bool transpose_b = false;  ///< b is stored [..., j, k].
  friend bool operator==(const MatMul&, const MatMul&) = default;
};
DECLARE_OP(MatMul);

}  // namespace dvt::ops
