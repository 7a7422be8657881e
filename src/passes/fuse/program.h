#pragma once
#include <optional>
#include <vector>

#include "expr/expr.h"
#include "ir/graph.h"

namespace dvt::passes {

/// A program together with the values its operands are.
struct BoundProgram {
  expr::Expr program;
  std::vector<ir::Value*> operands;
};

/// `outer` with operand `value` replaced by `inner`'s result; equal operands are shared and splat constants become
/// immediates. Nothing when the limits of Expr would be passed.
std::optional<BoundProgram> inline_program(const BoundProgram& outer, const ir::Value* value,
                                           const BoundProgram& inner);
/// The same program with scalar constants as immediates and each operand once.
BoundProgram normalize_operands(const BoundProgram& p);

}  // namespace dvt::passes
