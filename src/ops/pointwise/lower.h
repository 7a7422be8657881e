#pragma once
#include <optional>
#include <span>

#include "expr/expr.h"
#include "ops/op.h"

namespace dvt::ops {

/// The program of an elementwise, activation or cast op on operands of the given types, made of simple operators;
/// nothing for every other op. Throws Error(kInvalidModel) when the op does not take those types.
std::optional<expr::Expr> lower_to_expr(const Op& op, std::span<const DType> inputs);

/// Reference of every pointwise op: output = program(inputs), inputs broadcast to the output's shape. The identity
/// program copies input 0.
void evaluate_pointwise(const expr::Expr& program, std::span<const ReadView> inputs, WriteView output);

/// The same for an epilogue: operand 0 is `result` (it may be the output's own memory when types agree), operand k is
/// extra[k - 1].
void apply_epilogue(const expr::Expr& epilogue, ReadView result, std::span<const ReadView> extra, WriteView output);

}  // namespace dvt::ops
