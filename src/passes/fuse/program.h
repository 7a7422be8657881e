#pragma once
#include <functional>
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
/// Appends an instruction of another program to `out`; `operand` gives where its operands are there. Returns its index.
int copy_instruction(const expr::Instr& in, const std::function<int(int)>& operand, expr::Expr& out);
/// The same program with scalar constants as immediates and each operand once.
BoundProgram normalize_operands(const BoundProgram& p);

}  // namespace dvt::passes
