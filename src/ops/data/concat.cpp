#include "ops/data/concat.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "concat";
}

std::vector<TensorType> infer(const Concat& op, std::span<const ValueInfo> in) {
  TensorType y = in[0].type;
  const int axis = checked_axis(kName, op.axis, y.rank());
  for (size_t i = 1; i < in.size(); ++i) {
    const TensorType& x = in[i].type;
    require_same_dtype(kName, x.dtype, y.dtype, dvt::concat("input ", i));
    require_rank(kName, x, y.rank(), dvt::concat("input ", i));
    for (int a = 0; a < y.rank(); ++a) {
      if (a == axis) continue;
      require_same_dim(kName, x.shape[a], y.shape[a], dvt::concat("dimension ", a, " of input ", i, " ", x));
      if (!y.shape[a].is_constant() && x.shape[a].is_constant()) y.shape[a] = x.shape[a];
    }
    y.shape[axis] = y.shape[axis] + x.shape[axis];
  }
  return {y};
}

std::optional<std::vector<Dim>> fold_value(const Concat& op, std::span<const ValueInfo> in) {
  // Along the outermost axis row-major elements are simply one list after the other.
  if (normalize_axis(op.axis, in[0].type.rank()) != 0) return std::nullopt;
  std::vector<Dim> y;
  for (const ValueInfo& x : in) {
    if (!x.value || y.size() + x.value->size() > static_cast<size_t>(kMaxValueElements)) return std::nullopt;
    y.insert(y.end(), x.value->begin(), x.value->end());
  }
  return y;
}

void reference(const Concat& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const AxisSplit whole = split_at(out[0].dims(), op.axis);
  int64_t begin = 0;
  for (const ReadView& x : in) {
    const int64_t run = split_at(x.dims(), op.axis).length * whole.inner;
    for (int64_t i = 0; i < whole.outer; ++i)
      copy_elements(x, i * run, out[0], i * whole.length * whole.inner + begin, run);
    begin += run;
  }
}

Cost cost(const Concat&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at);
}

void visit_fields(Concat& op, FieldVisitor& v) { v.field("axis", op.axis); }

}  // namespace dvt::ops
