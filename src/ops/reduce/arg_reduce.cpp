#include "ops/reduce/arg_reduce.h"

#include <cmath>

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "arg_reduce";
constexpr std::string_view kKinds[] = {"max", "min"};

/// True when the element at `a` beats the one at `b`; a NaN beats every number.
bool better(const ArgReduce& op, const ReadView& x, int64_t a, int64_t b) {
  const bool wants_max = op.kind == ArgReduce::Kind::max;
  if (!is_floating(x.dtype())) {
    const int64_t p = x.get_int(a), q = x.get_int(b);
    return wants_max ? int_less(x.dtype(), q, p) : int_less(x.dtype(), p, q);
  }
  const double p = x.get(a), q = x.get(b);
  if (std::isnan(p) || std::isnan(q)) return std::isnan(p) && !std::isnan(q);
  return wants_max ? p > q : p < q;
}

}  // namespace

std::vector<TensorType> infer(const ArgReduce& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  const int axis = checked_axis(kName, op.axis, x.rank());
  if (x.dtype == DType::b8) reject(kName, "does not take b8; insert a cast");
  if (x.shape[axis] == Dim(0)) reject(kName, "axis ", axis, " of ", x, " has no elements");
  TensorType y{DType::i64, {}};
  for (int i = 0; i < x.rank(); ++i)
    if (i != axis || op.keep_dims) y.shape.push_back(i == axis ? Dim(1) : x.shape[i]);
  return {y};
}

void reference(const ArgReduce& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const AxisSplit split = split_at(in[0].dims(), op.axis);
  for (int64_t i = 0; i < split.outer * split.inner; ++i) {
    const int64_t first = i / split.inner * split.length * split.inner + i % split.inner;
    int64_t best = 0;
    for (int64_t k = 1; k < split.length; ++k) {
      const int64_t a = first + k * split.inner, b = first + best * split.inner;
      if (op.select_last ? !better(op, in[0], b, a) : better(op, in[0], a, b)) best = k;
    }
    out[0].set_int(i, best);
  }
}

Cost cost(const ArgReduce&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  Cost cost = traffic(in, out, at);
  cost.flops = volume_at(in[0], at);
  return cost;
}

void visit_fields(ArgReduce& op, FieldVisitor& v) {
  v.choice("kind", op.kind, kKinds);
  v.field("axis", op.axis);
  v.field("keep_dims", op.keep_dims);
  v.field("select_last", op.select_last);
}

}  // namespace dvt::ops
