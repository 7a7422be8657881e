#include "ops/reduce/cumulative.h"

#include <cmath>

#include "ops/support.h"

namespace dvt::ops {
namespace {

using Kind = Cumulative::Kind;
constexpr std::string_view kName = "cumulative";
constexpr std::string_view kKinds[] = {"sum", "prod", "max", "min"};

double combine(Kind kind, double a, double x) {
  switch (kind) {
    case Kind::sum:
      return a + x;
    case Kind::prod:
      return a * x;
    case Kind::max:
      return x > a || std::isnan(x) ? x : a;
    case Kind::min:
      return x < a || std::isnan(x) ? x : a;
  }
  return a;
}

int64_t combine_ints(Kind kind, DType t, int64_t a, int64_t x) {
  switch (kind) {
    case Kind::sum:
      return wrap_add(a, x);
    case Kind::prod:
      return wrap_mul(a, x);
    case Kind::max:
      return int_less(t, a, x) ? x : a;
    case Kind::min:
      return int_less(t, x, a) ? x : a;
  }
  return a;
}

/// Walks one line of the axis. `get`, `set` and `step` work on T: double or int64_t.
template <class T, class Get, class Set, class Step>
void run(const Cumulative& op, const AxisSplit& split, int64_t first, Get&& get, Set&& set, Step&& step) {
  T total = op.kind == Kind::prod ? 1 : 0;
  for (int64_t i = 0; i < split.length; ++i) {
    const int64_t at = first + (op.reverse ? split.length - 1 - i : i) * split.inner;
    if (op.exclusive) set(at, total);
    const bool starts = i == 0 && (op.kind == Kind::max || op.kind == Kind::min);
    total = starts ? get(at) : step(total, get(at));
    if (!op.exclusive) set(at, total);
  }
}

}  // namespace

std::vector<TensorType> infer(const Cumulative& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  checked_axis(kName, op.axis, x.rank());
  if (x.dtype == DType::b8) reject(kName, "does not take b8; insert a cast");
  if (op.exclusive && (op.kind == Kind::max || op.kind == Kind::min))
    reject(kName, "exclusive has no meaning for ", kKinds[static_cast<size_t>(op.kind)]);
  return {x};
}

void reference(const Cumulative& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const ReadView& x = in[0];
  const AxisSplit split = split_at(x.dims(), op.axis);
  for (int64_t i = 0; i < split.outer * split.inner; ++i) {
    const int64_t first = i / split.inner * split.length * split.inner + i % split.inner;
    if (is_floating(x.dtype()))
      run<double>(
          op, split, first, [&](int64_t at) { return x.get(at); }, [&](int64_t at, double v) { out[0].set(at, v); },
          [&](double a, double b) { return combine(op.kind, a, b); });
    else
      run<int64_t>(
          op, split, first, [&](int64_t at) { return x.get_int(at); },
          [&](int64_t at, int64_t v) { out[0].set_int(at, v); },
          [&](int64_t a, int64_t b) { return combine_ints(op.kind, x.dtype(), a, b); });
  }
}

Cost cost(const Cumulative&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, 1);
}

void visit_fields(Cumulative& op, FieldVisitor& v) {
  v.choice("kind", op.kind, kKinds);
  v.field("axis", op.axis);
  v.field("exclusive", op.exclusive);
  v.field("reverse", op.reverse);
}

}  // namespace dvt::ops
