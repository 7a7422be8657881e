#include "backend/cpu/via_f32/widen.h"

namespace dvt::cpu {
namespace {

using expr::Expr;
using expr::ExprOp;
using expr::Instr;

DType wide(DType t) { return is_short_float(t) ? DType::f32 : t; }

Expr widened(const Expr& e) {
  if (e.is_identity()) return e;
  Expr out;
  for (int i = 0; i < e.num_inputs(); ++i) out.add_input(wide(e.input_type(i)));
  std::vector<int> index;
  for (const Instr& in : e.code()) {
    const auto operand = [&](uint16_t v) { return index[v]; };
    const DType type = wide(in.type);
    switch (in.op) {
      case ExprOp::input:
        index.push_back(out.input(in.a));
        break;
      case ExprOp::constant:
        index.push_back(is_floating(type) ? out.constant(type, in.imm.f) : out.constant_int(type, in.imm.i));
        break;
      case ExprOp::cast:
        index.push_back(out.cast(operand(in.a), type));
        break;
      default: {
        const int n = expr::arity(in.op);
        index.push_back(out.apply(in.op, operand(in.a), n > 1 ? operand(in.b) : -1, n > 2 ? operand(in.c) : -1));
      }
    }
  }
  out.set_result(index.back());
  return out;
}

}  // namespace

bool is_short_float(DType t) { return is_floating(t) && bits(t) < 32 && bits(t) >= 8; }

backend::Problem widened(const backend::Problem& p) {
  backend::Problem w = p;
  for (auto* list : {&w.inputs, &w.outputs})
    for (backend::Operand& o : *list) o.dtype = wide(o.dtype);
  w.epilogue = widened(p.epilogue);
  return w;
}

}  // namespace dvt::cpu
