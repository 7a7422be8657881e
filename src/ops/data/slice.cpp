#include "ops/data/slice.h"

#include <algorithm>

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "slice";

/// The inputs that the flags announce; null where the attribute is used.
template <class T>
struct Optional {
  const T *start = nullptr, *size = nullptr, *step = nullptr;
  size_t count = 1;
  Optional(const Slice& op, std::span<const T> in) {
    const auto take = [&](bool flag) -> const T* {
      if (!flag) return nullptr;
      return count < in.size() ? &in[count++] : (++count, nullptr);
    };
    start = take(op.has_start_input);
    size = take(op.has_size_input);
    step = take(op.has_step_input);
  }
};

/// What is known of the slice before it runs; no start or step: known only when it runs.
struct Ranges {
  std::optional<std::vector<Dim>> start;
  std::vector<Dim> size;
  std::optional<std::vector<int64_t>> step;
};

void check_length(size_t got, int rank, std::string_view what) {
  if (static_cast<int>(got) != rank) reject(kName, what, " has ", got, " elements for a tensor of rank ", rank);
}

void check_vector(const ValueInfo& input, int rank, std::string_view what) {
  require_integer(kName, input.type.dtype, what);
  require_vector(kName, input.type, rank, what);
}

Ranges ranges_of(const Slice& op, std::span<const ValueInfo> in) {
  const Optional<ValueInfo> inputs(op, in);
  const int rank = in[0].type.rank();
  if (inputs.count != in.size()) reject(kName, "its flags ask for ", inputs.count, " inputs, got ", in.size());
  Ranges r{op.start, op.size, op.step};
  if (inputs.start) {
    check_vector(*inputs.start, rank, "start");
    r.start = inputs.start->value;
  } else if (op.start.empty()) {
    r.start->assign(static_cast<size_t>(rank), 0);
  }
  if (inputs.size) r.size = known_value(kName, *inputs.size, "size");
  if (inputs.step) {
    check_vector(*inputs.step, rank, "step");
    r.step = std::nullopt;
    const auto& value = inputs.step->value;
    if (value && std::all_of(value->begin(), value->end(), [](const Dim& d) { return d.is_constant(); }))
      r.step = constants(kName, *value);
  } else if (op.step.empty()) {
    r.step->assign(static_cast<size_t>(rank), 1);
  }
  if (r.start) check_length(r.start->size(), rank, "start");
  check_length(r.size.size(), rank, "size");
  if (r.step) check_length(r.step->size(), rank, "step");
  return r;
}

/// Rejects positions that are known to lie outside.
void check_positions(const Ranges& r, const TensorType& x) {
  for (int axis = 0; axis < x.rank(); ++axis) {
    const auto a = static_cast<size_t>(axis);
    const auto size = r.size[a].as_constant();
    if (size && *size < 0) reject(kName, "size along axis ", axis, " is ", *size);
    if (r.step && ((*r.step)[a] == 0 || (*r.step)[a] < -kMaxAttribute || (*r.step)[a] > kMaxAttribute))
      reject(kName, "step along axis ", axis, " is ", (*r.step)[a]);
    if (!r.start || !r.step || !size || *size == 0 || !(*r.start)[a].is_constant()) continue;
    const int64_t first = (*r.start)[a].constant();
    // In floating point: sizes and steps of a hostile plan could overflow.
    const double last = static_cast<double>(first) + static_cast<double>(*size - 1) * static_cast<double>((*r.step)[a]);
    const double end = x.shape[axis].is_constant() ? static_cast<double>(x.shape[axis].constant()) : 9e15;
    if (first < 0 || last < 0 || static_cast<double>(first) >= end || last >= end)
      reject(kName, "positions ", first, " to ", last, " along axis ", axis, " are outside ", x);
  }
}

/// Position p of a list of starts or ends, counted from the front and limited to [low, high].
Dim clamp_position(const Dim& p, const Dim& size, const Dim& low, const Dim& high) {
  Dim q = p;
  if (const auto n = p.as_constant()) {
    if (*n >= kMaxAttribute) return high;
    if (*n < 0) q = *n <= -kMaxAttribute ? low : size + p;
  } else if (!is_non_negative(p)) {
    q = select(less(p, 0), p + size, p);
  }
  // The upper bound comes last: backwards through nothing it is -1, below the lower bound, and must win.
  if (!is_non_negative(q - low)) q = max(q, low);
  if (!is_non_negative(high - q)) q = min(q, high);
  return q;
}

}  // namespace

Slice make_slice(const Shape& x, std::span<const Dim> starts, std::span<const Dim> ends, std::span<const int64_t> axes,
                 std::span<const int64_t> steps) {
  if (starts.size() != ends.size() || (!axes.empty() && axes.size() != starts.size()) ||
      (!steps.empty() && steps.size() != starts.size()))
    reject(kName, "starts, ends, axes and steps disagree: ", starts.size(), ", ", ends.size(), ", ", axes.size(), ", ",
           steps.size(), " elements");
  if (static_cast<int>(starts.size()) > x.rank()) reject(kName, starts.size(), " starts for rank ", x.rank());
  Slice op{std::vector<Dim>(static_cast<size_t>(x.rank()), 0), x.dims(),
           std::vector<int64_t>(static_cast<size_t>(x.rank()), 1)};
  std::vector<bool> seen(static_cast<size_t>(x.rank()), false);
  for (size_t i = 0; i < starts.size(); ++i) {
    const int axis = checked_axis(kName, axes.empty() ? static_cast<int64_t>(i) : axes[i], x.rank());
    const auto a = static_cast<size_t>(axis);
    if (seen[a]) reject(kName, "axis ", axis, " is given twice");
    seen[a] = true;
    const int64_t step = steps.empty() ? 1 : std::clamp(steps[i], -kMaxAttribute, kMaxAttribute);
    if (step == 0) reject(kName, "step along axis ", axis, " is 0");
    const Dim size = x[axis], low = step > 0 ? 0 : -1, high = step > 0 ? size : size - Dim(1);
    // Backwards, an end of -1 as a number means the last element; "before the first" is the clamped low.
    const Dim start = clamp_position(starts[i], size, step > 0 ? low : Dim(0), high);
    const Dim end = clamp_position(ends[i], size, low, high);
    const Dim length = step > 0 ? end - start : start - end;
    const Dim count = step == 1 || step == -1 ? length : ceildiv(length, Dim(std::abs(step)));
    op.start[a] = start;
    op.size[a] = is_non_negative(count) ? count : max(count, 0);
    op.step[a] = step;
  }
  return op;
}

std::vector<TensorType> infer(const Slice& op, std::span<const ValueInfo> in) {
  const Ranges r = ranges_of(op, in);
  check_positions(r, in[0].type);
  return {{in[0].type.dtype, Shape(r.size)}};
}

std::optional<std::vector<Dim>> fold_value(const Slice& op, std::span<const ValueInfo> in) {
  if (!in[0].value || !in[0].type.shape.is_constant()) return std::nullopt;
  const Ranges r = ranges_of(op, in);
  const Shape size(r.size);
  if (!r.start || !r.step || !size.is_constant() || !Shape(*r.start).is_constant()) return std::nullopt;
  check_positions(r, in[0].type);
  const auto x_strides = row_major_strides(in[0].type.shape.constants());
  std::vector<Dim> y;
  for_each_index(size.constants(), [&](std::span<const int64_t> index, int64_t) {
    int64_t at = 0;
    for (size_t a = 0; a < index.size(); ++a) at += ((*r.start)[a].constant() + index[a] * (*r.step)[a]) * x_strides[a];
    y.push_back((*in[0].value)[static_cast<size_t>(at)]);
  });
  return y;
}

void reference(const Slice& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const ReadView& x = in[0];
  const Optional<ReadView> inputs(op, in);
  const auto rank = static_cast<size_t>(x.rank());
  std::vector<int64_t> start = inputs.start ? load_ints(*inputs.start) : constants(kName, op.start);
  std::vector<int64_t> step = inputs.step ? load_ints(*inputs.step) : op.step;
  start.resize(rank, 0);
  step.resize(rank, 1);
  const auto strides = row_major_strides(x.dims());
  if (x.volume() == 0 && out[0].volume() > 0) reject(kName, "takes ", out[0].volume(), " elements of an empty tensor");
  for_each_index(out[0].dims(), [&](std::span<const int64_t> index, int64_t i) {
    int64_t at = 0;
    for (size_t a = 0; a < rank; ++a)
      at += std::clamp<int64_t>(wrap_add(start[a], wrap_mul(index[a], step[a])), 0, x.dims()[a] - 1) * strides[a];
    copy_elements(x, at, out[0], i);
  });
}

Cost cost(const Slice&, std::span<const TensorType>, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(out, out, at);
}

void visit_fields(Slice& op, FieldVisitor& v) {
  v.field("start", op.start);
  v.field("size", op.size);
  v.field("step", op.step);
  v.field("has_start_input", op.has_start_input);
  v.field("has_size_input", op.has_size_input);
  v.field("has_step_input", op.has_step_input);
}

}  // namespace dvt::ops
