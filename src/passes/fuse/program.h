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
/// What stands for instruction `i` of a program while it is copied into `out`, or -1: it stays as it is. `at` gives
/// where an earlier instruction is in `out`.
using Replacement = std::function<int(int i, const std::function<int(int)>& at, expr::Expr& out)>;
/// `n` with its program rewritten instruction by instruction; nothing when none was replaced.
std::optional<ir::Patch> replace_instructions(const ir::Node& n, const Replacement& replacement);
/// The same program with constants of one element as immediates and each operand once.
BoundProgram normalize_operands(const BoundProgram& p);

}  // namespace dvt::passes
