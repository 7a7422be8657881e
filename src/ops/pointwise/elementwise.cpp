#include "ops/pointwise/elementwise.h"

#include "ops/pointwise/lower.h"
#include "ops/support.h"

namespace dvt::ops {
namespace {

using expr::ExprOp;

constexpr std::string_view kName = "elementwise";
constexpr std::string_view kNames[] = {
#define EXPR_OP(name, arity, result) #name,
#include "expr/expr_ops.inc"
#undef EXPR_OP
    "none",
};

}  // namespace

std::vector<TensorType> infer(const Elementwise& op, std::span<const ValueInfo> in) {
  if (op.op == ExprOp::input) reject(kName, "attribute op is missing");
  if (op.op >= ExprOp::input || op.op == ExprOp::cast)
    reject(kName, expr::to_string(op.op), " is not an operator here");
  const int n = expr::arity(op.op);
  if (static_cast<int>(in.size()) != n) reject(kName, expr::to_string(op.op), " takes ", n, " inputs, got ", in.size());
  std::vector<DType> types;
  std::vector<Shape> shapes;
  for (const ValueInfo& x : in) {
    types.push_back(x.type.dtype);
    shapes.push_back(x.type.shape);
  }
  // The program's own type rules are the op's: they name what they got and expected.
  return {{expr::single(op.op, types).result_type(), broadcast_all(shapes)}};
}

void reference(const Elementwise& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  std::vector<DType> types;
  for (const ReadView& x : in) types.push_back(x.dtype());
  evaluate_pointwise(*lower_to_expr(op, types), in, out[0]);
}

Cost cost(const Elementwise&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, 1);
}

void visit_fields(Elementwise& op, FieldVisitor& v) { v.choice("op", op.op, kNames); }

}  // namespace dvt::ops
