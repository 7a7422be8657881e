#include "ops/reduce/reduce.h"

#include <algorithm>
#include <cmath>

#include "ops/support.h"

namespace dvt::ops {
namespace {

using Kind = Reduce::Kind;
constexpr std::string_view kName = "reduce";
constexpr std::string_view kKinds[] = {"sum", "mean", "max",        "min",     "prod",
                                       "l1",  "l2",   "sum_square", "log_sum", "log_sum_exp"};

/// reduced[i]: axis i is reduced.
std::vector<bool> reduced_axes(const Reduce& op, int rank) {
  std::vector<bool> reduced(static_cast<size_t>(rank), op.axes.empty());
  for (int64_t axis : op.axes) {
    const int a = checked_axis(kName, axis, rank);
    if (reduced[static_cast<size_t>(a)]) reject(kName, "axis ", axis, " is given twice");
    reduced[static_cast<size_t>(a)] = true;
  }
  return reduced;
}

/// For every input axis the stride of the output, 0 where reduced: the dropped dimensions are 1 and cost nothing.
std::vector<int64_t> output_strides(const std::vector<bool>& reduced, std::span<const int64_t> dims) {
  std::vector<int64_t> kept(dims.begin(), dims.end());
  for (size_t i = 0; i < kept.size(); ++i)
    if (reduced[i]) kept[i] = 1;
  std::vector<int64_t> strides = row_major_strides(kept);
  for (size_t i = 0; i < kept.size(); ++i)
    if (reduced[i]) strides[i] = 0;
  return strides;
}

/// One result in the making. Log-sum-exp is relative to `largest`, which a first walk has found.
struct FloatState {
  double value, largest = -INFINITY;
  int64_t count = 0;
};

double first_value(Kind kind) {
  switch (kind) {
    case Kind::max:
      return -INFINITY;
    case Kind::min:
      return INFINITY;
    case Kind::prod:
      return 1;
    default:
      return 0;
  }
}

void add_element(Kind kind, FloatState& s, double x) {
  ++s.count;
  switch (kind) {
    case Kind::sum:
    case Kind::mean:
    case Kind::log_sum:
      s.value += x;
      break;
    case Kind::max:
      if (x > s.value || std::isnan(x)) s.value = x;
      break;
    case Kind::min:
      if (x < s.value || std::isnan(x)) s.value = x;
      break;
    case Kind::prod:
      s.value *= x;
      break;
    case Kind::l1:
      s.value += std::fabs(x);
      break;
    case Kind::l2:
    case Kind::sum_square:
      s.value += x * x;
      break;
    case Kind::log_sum_exp:
      s.value += std::isinf(s.largest) ? 0 : std::exp(x - s.largest);
      break;
  }
}

double finish(Kind kind, const FloatState& s) {
  switch (kind) {
    case Kind::mean:
      return s.value / static_cast<double>(s.count);
    case Kind::l2:
      return std::sqrt(s.value);
    case Kind::log_sum:
      return std::log(s.value);
    case Kind::log_sum_exp:
      return std::isinf(s.largest) ? s.largest : std::log(s.value) + s.largest;
    default:
      return s.value;
  }
}

void reduce_floats(Kind kind, const ReadView& x, std::span<const int64_t> strides, const WriteView& y) {
  std::vector<FloatState> states(static_cast<size_t>(y.volume()), FloatState{first_value(kind)});
  const auto state = [&](std::span<const int64_t> index) -> FloatState& {
    return states[static_cast<size_t>(offset_of(index, strides))];
  };
  if (kind == Kind::log_sum_exp)
    for_each_index(x.dims(), [&](std::span<const int64_t> index, int64_t i) {
      state(index).largest = std::fmax(state(index).largest, x.get(i));
    });
  for_each_index(x.dims(),
                 [&](std::span<const int64_t> index, int64_t i) { add_element(kind, state(index), x.get(i)); });
  for (size_t i = 0; i < states.size(); ++i)
    y.set(static_cast<int64_t>(i),
          is_floating(y.dtype()) ? finish(kind, states[i]) : std::trunc(finish(kind, states[i])));
}

/// What a reduction of no elements gives: for max and min the end of the type's range that every element beats.
int64_t first_integer(Kind kind, DType t) {
  const bool is_signed = dtype_class(t) == DTypeClass::kSigned;
  const uint64_t all = dtype_class(t) == DTypeClass::kBool ? 1 : ~uint64_t{0} >> (64 - bits(t));
  switch (kind) {
    case Kind::max:
      return is_signed ? ~static_cast<int64_t>(all >> 1) : 0;
    case Kind::min:
      return static_cast<int64_t>(is_signed ? all >> 1 : all);
    case Kind::prod:
      return 1;
    default:
      return 0;
  }
}

int64_t combine(Kind kind, DType t, int64_t a, int64_t x) {
  switch (kind) {
    case Kind::max:
      return int_less(t, a, x) ? x : a;
    case Kind::min:
      return int_less(t, x, a) ? x : a;
    case Kind::prod:
      return wrap_mul(a, x);
    case Kind::l1:
      return wrap_add(a, x < 0 && t != DType::u64 ? wrap_mul(x, -1) : x);
    case Kind::sum_square:
      return wrap_add(a, wrap_mul(x, x));
    default:
      return wrap_add(a, x);
  }
}

/// Sums of integers divided by how many there were, truncated.
int64_t mean_of(DType t, int64_t sum, int64_t count) {
  if (count == 0) return 0;
  return t == DType::u64 ? static_cast<int64_t>(static_cast<uint64_t>(sum) / static_cast<uint64_t>(count))
                         : sum / count;
}

void reduce_integers(Kind kind, const ReadView& x, std::span<const int64_t> strides, const WriteView& y) {
  const DType t = x.dtype();
  std::vector<int64_t> values(static_cast<size_t>(y.volume()), first_integer(kind, t));
  for_each_index(x.dims(), [&](std::span<const int64_t> index, int64_t i) {
    int64_t& value = values[static_cast<size_t>(offset_of(index, strides))];
    value = combine(kind, t, value, x.get_int(i));
  });
  const int64_t count = values.empty() ? 0 : x.volume() / static_cast<int64_t>(values.size());
  for (size_t i = 0; i < values.size(); ++i)
    y.set_int(static_cast<int64_t>(i), kind == Kind::mean ? mean_of(t, values[i], count) : values[i]);
}

/// Kinds whose result is no integer: of integers they are the double's, truncated.
bool is_inexact(Kind kind) { return kind == Kind::l2 || kind == Kind::log_sum || kind == Kind::log_sum_exp; }

std::optional<Dim> combine_dims(Kind kind, const Dim& a, const Dim& x) {
  switch (kind) {
    case Kind::sum:
      return a + x;
    case Kind::prod:
      return a * x;
    case Kind::max:
      return max(a, x);
    case Kind::min:
      return min(a, x);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::vector<TensorType> infer(const Reduce& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  const std::string_view kind = kKinds[static_cast<size_t>(op.kind)];
  if (x.dtype == DType::b8 && op.kind != Kind::max && op.kind != Kind::min)
    reject(kName, kind, " does not take b8 (max is any, min is all); insert a cast");
  const std::vector<bool> reduced = reduced_axes(op, x.rank());
  TensorType y{x.dtype, {}};
  for (int i = 0; i < x.rank(); ++i) {
    const bool gone = reduced[static_cast<size_t>(i)];
    if (!gone || op.keep_dims) y.shape.push_back(gone ? Dim(1) : x.shape[i]);
  }
  return {y};
}

std::optional<std::vector<Dim>> fold_value(const Reduce& op, std::span<const ValueInfo> in) {
  if (!in[0].value || !in[0].type.shape.is_constant()) return std::nullopt;
  const std::vector<int64_t> dims = in[0].type.shape.constants();
  const std::vector<int64_t> strides = output_strides(reduced_axes(op, in[0].type.rank()), dims);
  const int64_t results = infer(op, in)[0].shape.volume().constant();
  if (results > kMaxValueElements || (!is_integer(in[0].type.dtype) && in[0].type.dtype != DType::b8))
    return std::nullopt;
  std::vector<std::optional<Dim>> y(static_cast<size_t>(results));
  bool known = combine_dims(op.kind, 1, 1).has_value();  // of one element too
  for_each_index(dims, [&](std::span<const int64_t> index, int64_t i) {
    auto& value = y[static_cast<size_t>(offset_of(index, strides))];
    const Dim& x = (*in[0].value)[static_cast<size_t>(i)];
    const auto combined = value ? combine_dims(op.kind, *value, x) : std::optional<Dim>(x);
    known = known && combined;
    value = combined;
  });
  if (!known) return std::nullopt;
  std::vector<Dim> out;
  for (const auto& d : y) out.push_back(d.value_or(op.kind == Kind::prod ? Dim(1) : Dim(0)));
  return out;
}

void reference(const Reduce& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const std::vector<int64_t> strides = output_strides(reduced_axes(op, in[0].rank()), in[0].dims());
  if (is_floating(in[0].dtype()) || is_inexact(op.kind))
    reduce_floats(op.kind, in[0], strides, out[0]);
  else
    reduce_integers(op.kind, in[0], strides, out[0]);
}

Cost cost(const Reduce&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  Cost cost = traffic(in, out, at);
  cost.flops = volume_at(in[0], at);
  return cost;
}

void visit_fields(Reduce& op, FieldVisitor& v) {
  v.choice("kind", op.kind, kKinds);
  v.field("axes", op.axes);
  v.field("keep_dims", op.keep_dims);
}

}  // namespace dvt::ops
