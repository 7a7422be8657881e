#include "ops/data/expand.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "expand";
}

std::vector<TensorType> infer(const Expand& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  const Shape target(target_shape(kName, op.shape, in, "shape"));
  for (const Dim& d : target)
    if (d.is_constant() && d.constant() < 0) reject(kName, "shape ", target, " has the dimension ", d);
  return {{x.dtype, broadcast(x.shape, target)}};
}

std::optional<std::vector<Dim>> fold_value(const Expand& op, std::span<const ValueInfo> in) {
  if (!in[0].value) return std::nullopt;
  const Shape shape = infer(op, in)[0].shape;
  if (!shape.is_constant() || !in[0].type.shape.is_constant()) return std::nullopt;
  const std::vector<int64_t> dims = shape.constants();
  if (volume_of(dims) > kMaxValueElements) return std::nullopt;
  const auto strides = broadcast_strides(in[0].type.shape.constants(), dims);
  std::vector<Dim> y;
  for_each_index(dims, [&](std::span<const int64_t> index, int64_t) {
    y.push_back((*in[0].value)[static_cast<size_t>(offset_of(index, strides))]);
  });
  return y;
}

void reference(const Expand&, std::span<const ReadView> in, std::span<const WriteView> out) {
  copy_strided(in[0], 0, broadcast_strides(in[0].dims(), out[0].dims()), out[0]);
}

Cost cost(const Expand&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in.first(1), out, at);
}

void visit_fields(Expand& op, FieldVisitor& v) { v.field("shape", op.shape); }

}  // namespace dvt::ops
