#include "ops/data/identity.h"

#include "ops/support.h"

namespace dvt::ops {

std::vector<TensorType> infer(const Identity&, std::span<const ValueInfo> in) { return {in[0].type}; }

std::optional<std::vector<Dim>> fold_value(const Identity&, std::span<const ValueInfo> in) { return in[0].value; }

void reference(const Identity&, std::span<const ReadView> in, std::span<const WriteView> out) {
  copy_elements(in[0], 0, out[0], 0, out[0].volume());
}

Cost cost(const Identity&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at);
}

void visit_fields(Identity&, FieldVisitor&) {}

}  // namespace dvt::ops
