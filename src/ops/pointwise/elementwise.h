#pragma once
#include "expr/expr.h"
#include "ops/op.h"

namespace dvt::ops {

/// y = op(a[, b[, c]]), one pointwise operator with NumPy broadcasting; the number of inputs is the operator's arity.
/// Operand types must agree (select: operand 0 is b8); comparisons give b8. Type changes are op cast, not this one.
struct Elementwise {
  static constexpr OpId kId = OpId::elementwise;
  /// The default names no operator, so that the text form always states which one it is.
  expr::ExprOp op = expr::ExprOp::input;
  friend bool operator==(const Elementwise&, const Elementwise&) = default;
};
DECLARE_SHAPE_OP(Elementwise);

}  // namespace dvt::ops
