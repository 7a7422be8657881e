#include "ops/pointwise/pointwise.h"

#include "ops/support.h"

namespace dvt::ops {

std::vector<TensorType> infer(const Pointwise&, std::span<const ValueInfo> in) {
  std::vector<Shape> shapes;
  for (const ValueInfo& x : in) shapes.push_back(x.type.shape);
  return {{in[0].type.dtype, broadcast_all(shapes)}};
}

void reference(const Pointwise&, std::span<const ReadView>, std::span<const WriteView>) {
  throw Error(ErrorCode::kInternal, "pointwise: the program is the node's; evaluate it with evaluate_pointwise");
}

Cost cost(const Pointwise&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, 1);
}

void visit_fields(Pointwise&, FieldVisitor&) {}

}  // namespace dvt::ops
