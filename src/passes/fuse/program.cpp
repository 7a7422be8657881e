#include "passes/fuse/program.h"

#include <algorithm>

#include "passes/match.h"

namespace dvt::passes {
namespace {

bool is_single_constant(const ir::Value& v) {
  return v.is_constant() && v.shape().is_constant() && v.shape().volume() == Dim(1);
}

/// Builds a program whose operands are added when first met. A constant of one element becomes an immediate unless its
/// rank gives the result's.
class Builder {
 public:
  explicit Builder(std::initializer_list<const std::vector<ir::Value*>*> operands, const ir::Value* inlined = nullptr) {
    for (const auto* list : operands)
      for (const ir::Value* v : *list)
        if (v != inlined && !is_single_constant(*v)) rank_ = std::max(rank_, v->rank());
  }
  int instruction_for(ir::Value* v) {
    const auto it = std::find(bound_.operands.begin(), bound_.operands.end(), v);  // operand k is operands[k]
    if (it != bound_.operands.end()) return bound_.program.input(static_cast<int>(it - bound_.operands.begin()));
    if (is_single_constant(*v) && v->rank() <= rank_)
      if (const auto c = splat_value(*v))
        return is_floating(v->dtype()) ? bound_.program.constant(v->dtype(), *c)
                                       : bound_.program.constant_int(v->dtype(), v->view().get_int(0));
    bound_.operands.push_back(v);
    return bound_.program.add_input(v->dtype());
  }
  BoundProgram& bound() { return bound_; }

 private:
  int rank_ = 0;
  BoundProgram bound_;
};

bool within_limits(const BoundProgram& p) {
  return p.operands.size() <= static_cast<size_t>(expr::Expr::kMaxInputs) &&
         p.program.code().size() <= static_cast<size_t>(expr::Expr::kMaxInstructions);
}

int copy_instruction(const expr::Instr& in, const std::function<int(int)>& operand, expr::Expr& out) {
  using expr::ExprOp;
  if (in.op == ExprOp::input) return out.input(in.a);
  if (in.op == ExprOp::constant)
    return is_floating(in.type) ? out.constant(in.type, in.imm.f) : out.constant_int(in.type, in.imm.i);
  if (in.op == ExprOp::cast) return out.cast(operand(in.a), in.type);
  const int n = arity(in.op);
  return out.apply(in.op, operand(in.a), n > 1 ? operand(in.b) : -1, n > 2 ? operand(in.c) : -1);
}

}  // namespace

std::optional<BoundProgram> inline_program(const BoundProgram& outer, const ir::Value* value,
                                           const BoundProgram& inner) {
  if (outer.operands.size() + inner.operands.size() > static_cast<size_t>(expr::Expr::kMaxInputs) ||
      outer.program.code().size() + inner.program.code().size() > static_cast<size_t>(expr::Expr::kMaxInstructions))
    return std::nullopt;
  Builder b({&inner.operands, &outer.operands}, value);
  std::vector<int> inner_inputs, outer_inputs;
  for (ir::Value* v : inner.operands) inner_inputs.push_back(b.instruction_for(v));
  const int inner_result = b.bound().program.inline_expr(inner.program, inner_inputs);
  for (ir::Value* v : outer.operands) outer_inputs.push_back(v == value ? inner_result : b.instruction_for(v));
  b.bound().program.set_result(b.bound().program.inline_expr(outer.program, outer_inputs));
  return within_limits(b.bound()) ? std::optional<BoundProgram>(std::move(b.bound())) : std::nullopt;
}

std::optional<ir::Patch> replace_instructions(const ir::Node& n, const Replacement& replacement) {
  const expr::Expr& e = n.epilogue();
  expr::Expr out;
  for (int k = 0; k < e.num_inputs(); ++k) out.add_input(e.input_type(k));
  std::vector<int> to;
  const std::function<int(int)> at = [&](int i) { return to[static_cast<size_t>(i)]; };
  bool changed = false;
  for (int i = 0; i < static_cast<int>(e.code().size()); ++i) {
    const int replaced = replacement(i, at, out);
    changed |= replaced >= 0;
    to.push_back(replaced >= 0 ? replaced : copy_instruction(e.code()[static_cast<size_t>(i)], at, out));
  }
  if (!changed) return std::nullopt;
  out.set_result(to.back());
  ir::Patch patch;
  patch.replace(n.output(), patch.add(n.op(), n.inputs(), std::move(out), n.num_op_inputs()));
  return patch;
}

BoundProgram normalize_operands(const BoundProgram& p) {
  Builder b({&p.operands});
  std::vector<int> inputs;
  for (ir::Value* v : p.operands) inputs.push_back(b.instruction_for(v));
  b.bound().program.set_result(b.bound().program.inline_expr(p.program, inputs));
  return std::move(b.bound());
}

}  // namespace dvt::passes
