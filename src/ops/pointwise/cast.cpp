#include "ops/pointwise/cast.h"

#include "ops/pointwise/lower.h"
#include "ops/support.h"

namespace dvt::ops {

std::vector<TensorType> infer(const Cast& op, std::span<const ValueInfo> in) { return {{op.to, in[0].type.shape}}; }

void reference(const Cast& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const DType from = in[0].dtype();
  if (from == op.to) return copy_elements(in[0], 0, out[0], 0, in[0].volume());
  if (is_floating(from) && is_floating(op.to) &&
      op.to != DType::f8e5m2) {  // whole models of weights: the views round as the program would
    for (int64_t i = 0, n = out[0].volume(); i < n; ++i) out[0].set(i, in[0].get(i));
    return;
  }
  evaluate_pointwise(*lower_to_expr(op, std::span(&from, 1)), in, out[0]);
}

Cost cost(const Cast&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at);
}

void visit_fields(Cast& op, FieldVisitor& v) { v.field("to", op.to); }

}  // namespace dvt::ops
