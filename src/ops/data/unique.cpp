#include "ops/data/unique.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "unique";

/// x as slices along one axis; the whole of x as slices of one element.
AxisSplit slices_of(const Unique& op, const ReadView& x) {
  return op.has_axis ? split_at(x.dims(), op.axis) : AxisSplit{1, x.volume(), 1};
}

int compare_elements(const ReadView& x, int64_t a, int64_t b) {
  if (x.dtype() == DType::text) return x.text(a).compare(x.text(b));  // as bytes
  if (!is_floating(x.dtype())) {
    const int64_t p = x.get_int(a), q = x.get_int(b);
    return int_less(x.dtype(), p, q) ? -1 : int_less(x.dtype(), q, p) ? 1 : 0;
  }
  const double p = x.get(a), q = x.get(b);
  if (std::isnan(p) || std::isnan(q)) return int{std::isnan(p)} - int{std::isnan(q)};
  return p < q ? -1 : q < p ? 1 : 0;
}

int compare_slices(const ReadView& x, const AxisSplit& s, int64_t a, int64_t b) {
  for (int64_t i = 0; i < s.outer; ++i)
    for (int64_t j = 0; j < s.inner; ++j) {
      const int64_t base = i * s.length * s.inner + j;
      if (const int order = compare_elements(x, base + a * s.inner, base + b * s.inner)) return order;
    }
  return 0;
}

}  // namespace

std::vector<TensorType> infer(const Unique& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  const Dim count = late_symbol(0);
  TensorType y{x.dtype, {count}};
  Dim length = x.shape.volume();
  if (op.has_axis) {
    const int axis = checked_axis(kName, op.axis, x.rank());
    length = x.shape[axis];
    y.shape = x.shape;
    y.shape[axis] = count;
  }
  return {y, {DType::i64, {count}}, {DType::i64, {length}}, {DType::i64, {count}}};
}

std::vector<LateSize> late_sizes(const Unique& op, std::span<const ValueInfo> in) {
  const Shape& shape = in[0].type.shape;
  return {{.max = op.has_axis ? shape[checked_axis(kName, op.axis, shape.rank())] : shape.volume()}};
}

void reference(const Unique& op, std::span<const ReadView> in, std::span<const WriteView> out,
               std::span<int64_t> late) {
  const ReadView& x = in[0];
  const AxisSplit s = slices_of(op, x);
  std::vector<int64_t> order(static_cast<size_t>(s.length));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return compare_slices(x, s, a, b) < 0; });
  // Runs of equal slices; the first of a run is where it first occurs, since the sort is stable.
  std::vector<int64_t> first, counts, run_of(static_cast<size_t>(s.length));
  for (size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || compare_slices(x, s, order[i - 1], order[i]) != 0) {
      first.push_back(order[i]);
      counts.push_back(0);
    }
    ++counts.back();
    run_of[static_cast<size_t>(order[i])] = static_cast<int64_t>(first.size()) - 1;
  }
  std::vector<int64_t> runs(first.size()), place(first.size());
  std::iota(runs.begin(), runs.end(), 0);
  const auto at = [](std::vector<int64_t>& v, int64_t i) -> int64_t& { return v[static_cast<size_t>(i)]; };
  if (!op.sorted)
    std::sort(runs.begin(), runs.end(), [&](int64_t a, int64_t b) { return at(first, a) < at(first, b); });
  const auto count = static_cast<int64_t>(runs.size());
  for (int64_t k = 0; k < count; ++k) {
    const int64_t run = at(runs, k);
    at(place, run) = k;
    for (int64_t i = 0; i < s.outer; ++i)
      copy_elements(x, (i * s.length + at(first, run)) * s.inner, out[0], (i * count + k) * s.inner, s.inner);
    out[1].set_int(k, at(first, run));
    out[3].set_int(k, at(counts, run));
  }
  for (int64_t i = 0; i < s.length; ++i) out[2].set_int(i, at(place, at(run_of, i)));
  if (!late.empty()) late[0] = count;
}

Cost cost(const Unique&, std::span<const TensorType> in, std::span<const TensorType>, const SymbolValues& at) {
  Cost cost = traffic(in, {}, at);
  cost.flops = volume_at(in[0], at) * 40;
  return cost;
}

void visit_fields(Unique& op, FieldVisitor& v) {
  v.field("axis", op.axis);
  v.field("has_axis", op.has_axis);
  v.field("sorted", op.sorted);
}

}  // namespace dvt::ops
