#include "backend/cpu/pointwise/pointwise_program.h"

#include "ops/pointwise/lower.h"

namespace dvt::cpu {

bool is_pointwise(const backend::Problem& p) {
  switch (p.op.id()) {
    case ops::OpId::pointwise:
    case ops::OpId::elementwise:
    case ops::OpId::activation:
    case ops::OpId::cast:
      return true;
    default:
      return false;
  }
}

expr::Expr pointwise_program(const backend::Problem& p) {
  if (p.op.id() == ops::OpId::pointwise) return p.epilogue;
  std::vector<DType> types;
  for (const backend::Operand& o : p.op_inputs()) types.push_back(o.dtype);
  expr::Expr body = *ops::lower_to_expr(p.op, types);
  if (body.is_identity()) {  // a cast to the same type
    body.add_input(types[0]);
    body.set_result(0);
  }
  if (p.epilogue.is_identity()) return body;
  expr::Expr whole;
  std::vector<int> operands;
  for (const backend::Operand& o : p.inputs) operands.push_back(whole.add_input(o.dtype));
  std::vector<int> arguments{whole.inline_expr(body, std::span(operands).first(types.size()))};
  arguments.insert(arguments.end(), operands.begin() + static_cast<std::ptrdiff_t>(types.size()), operands.end());
  whole.set_result(whole.inline_expr(p.epilogue, arguments));
  return whole;
}

}  // namespace dvt::cpu
