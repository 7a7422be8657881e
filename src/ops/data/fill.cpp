#include "ops/data/fill.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "fill";
}

std::vector<TensorType> infer(const Fill& op, std::span<const ValueInfo> in) {
  const TensorType& value = in[0].type;
  if (value.rank() > 1 || (value.rank() == 1 && value.shape[0] != Dim(1)))
    reject(kName, "value must be a scalar, got ", value);
  const Shape shape(target_shape(kName, op.shape, in, "shape"));
  for (const Dim& d : shape)
    if (d.is_constant() && d.constant() < 0) reject(kName, "shape ", shape, " has the dimension ", d);
  return {{value.dtype, shape}};
}

std::optional<std::vector<Dim>> fold_value(const Fill& op, std::span<const ValueInfo> in) {
  if (!in[0].value || (in.size() > 1 && !in[1].value)) return std::nullopt;
  const auto count = infer(op, in)[0].shape.volume().as_constant();
  if (!count || *count > kMaxValueElements) return std::nullopt;
  return std::vector<Dim>(static_cast<size_t>(*count), in[0].value->at(0));
}

void reference(const Fill&, std::span<const ReadView> in, std::span<const WriteView> out) {
  for (int64_t i = 0; i < out[0].volume(); ++i) copy_elements(in[0], 0, out[0], i);
}

Cost cost(const Fill&, std::span<const TensorType>, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic({}, out, at);
}

void visit_fields(Fill& op, FieldVisitor& v) { v.field("shape", op.shape); }

}  // namespace dvt::ops
