#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// A whole pointwise program over any number of inputs, all broadcast together. The program is an expr::Expr that rides
/// on the graph's node (or the problem) as its epilogue, operand k = input k. Of itself the op means: the broadcast
/// shape and the type of input 0; reference() is never reached without the program (see lower.h's evaluate_pointwise).
struct Pointwise {
  static constexpr OpId kId = OpId::pointwise;
  friend bool operator==(const Pointwise&, const Pointwise&) = default;
};
DECLARE_OP(Pointwise);

}  // namespace dvt::ops
