#include "ops/data/gather.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "gather";
}

std::vector<TensorType> infer(const Gather& op, std::span<const ValueInfo> in) {
  const TensorType &x = in[0].type, &indices = in[1].type;
  const int axis = checked_axis(kName, op.axis, x.rank());
  require_integer(kName, indices.dtype, "indices");
  TensorType y{x.dtype, {}};
  for (int i = 0; i < axis; ++i) y.shape.push_back(x.shape[i]);
  for (const Dim& d : indices.shape) y.shape.push_back(d);
  for (int i = axis + 1; i < x.rank(); ++i) y.shape.push_back(x.shape[i]);
  return {y};
}

std::optional<std::vector<Dim>> fold_value(const Gather& op, std::span<const ValueInfo> in) {
  if (!in[0].value || !in[1].value || !in[0].type.shape.is_constant()) return std::nullopt;
  const AxisSplit split = split_at(in[0].type.shape.constants(), *normalize_axis(op.axis, in[0].type.rank()));
  const int64_t results = split.outer * split.inner * static_cast<int64_t>(in[1].value->size());
  if (results > kMaxValueElements) return std::nullopt;
  std::vector<Dim> y;
  for (int64_t i = 0; i < split.outer; ++i)
    for (const Dim& index : *in[1].value) {
      if (!index.is_constant()) return std::nullopt;
      const int64_t at = wrapped_index(kName, index.constant(), split.length);
      for (int64_t j = 0; j < split.inner; ++j)
        y.push_back((*in[0].value)[static_cast<size_t>((i * split.length + at) * split.inner + j)]);
    }
  return y;
}

void reference(const Gather& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const AxisSplit split = split_at(in[0].dims(), op.axis);
  const std::vector<int64_t> indices = load_ints(in[1]);
  int64_t to = 0;
  for (int64_t i = 0; i < split.outer; ++i)
    for (int64_t index : indices) {
      const int64_t from = (i * split.length + wrapped_index(kName, index, split.length)) * split.inner;
      copy_elements(in[0], from, out[0], to, split.inner);
      to += split.inner;
    }
}

Cost cost(const Gather&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  // Only the rows that are named are read.
  Cost cost = traffic(in.subspan(1), out, at);
  cost.bytes += traffic({}, out, at).bytes;
  return cost;
}

void visit_fields(Gather& op, FieldVisitor& v) { v.field("axis", op.axis); }

}  // namespace dvt::ops
