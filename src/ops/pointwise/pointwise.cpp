#include "ops/pointwise/pointwise.h"

#include "ops/support.h"

namespace dvt::ops {

std::vector<TensorType> infer(const Pointwise&, std::span<const ValueInfo> in) {
  TensorType y = in[0].type;
  for (const ValueInfo& x : in.subspan(1)) y.shape = broadcast(y.shape, x.type.shape);
  return {y};
}

void reference(const Pointwise&, std::span<const ReadView>, std::span<const WriteView>) {
  throw Error(ErrorCode::kInternal, "pointwise: the program is the node's; evaluate it with evaluate_pointwise");
}

Cost cost(const Pointwise&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, 1);
}

void visit_fields(Pointwise&, FieldVisitor&) {}

}  // namespace dvt::ops
