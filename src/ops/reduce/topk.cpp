#include "ops/reduce/topk.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "topk";

/// True when the element at `a` ranks before the one at `b`; a NaN counts as larger than every number.
bool before(const TopK& op, const ReadView& x, int64_t a, int64_t b) {
  if (!op.largest) std::swap(a, b);
  if (!is_floating(x.dtype())) return int_less(x.dtype(), x.get_int(b), x.get_int(a));
  const double p = x.get(a), q = x.get(b);
  if (std::isnan(p) || std::isnan(q)) return std::isnan(p) && !std::isnan(q);
  return p > q;
}

}  // namespace

std::vector<TensorType> infer(const TopK& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  const int axis = checked_axis(kName, op.axis, x.rank());
  if (x.dtype == DType::b8) reject(kName, "does not take b8; insert a cast");
  const std::vector<Dim>& k = in.size() > 1 ? known_value(kName, in[1], "k (input 1)") : op.k;
  if (k.size() != 1) reject(kName, "k must be one number, got ", k.size());
  if (k[0].is_constant() &&
      (k[0].constant() < 0 || (x.shape[axis].is_constant() && k[0].constant() > x.shape[axis].constant())))
    reject(kName, "k must be between 0 and the ", x.shape[axis], " elements along axis ", axis, ", got ", k[0]);
  TensorType y = x;
  y.shape[axis] = k[0];
  return {y, {DType::i64, y.shape}};
}

void reference(const TopK& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const AxisSplit split = split_at(in[0].dims(), op.axis), result = split_at(out[0].dims(), op.axis);
  const int64_t k = std::min(result.length, split.length);
  std::vector<int64_t> order(static_cast<size_t>(split.length));
  for (int64_t i = 0; i < split.outer * split.inner; ++i) {
    const int64_t first = i / split.inner * split.length * split.inner + i % split.inner;
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      return before(op, in[0], first + a * split.inner, first + b * split.inner);
    });
    for (int64_t j = 0; j < k; ++j) {
      const int64_t at = (i / split.inner * result.length + j) * split.inner + i % split.inner;
      copy_elements(in[0], first + order[static_cast<size_t>(j)] * split.inner, out[0], at);
      out[1].set_int(at, order[static_cast<size_t>(j)]);
    }
  }
}

Cost cost(const TopK&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  Cost cost = traffic(in, out, at);
  cost.flops = volume_at(in[0], at) * 4;
  return cost;
}

void visit_fields(TopK& op, FieldVisitor& v) {
  v.field("k", op.k);
  v.field("axis", op.axis);
  v.field("largest", op.largest);
  v.field("sorted", op.sorted);
}

}  // namespace dvt::ops
