#include "ops/data/pad.h"

#include <algorithm>

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "pad";
constexpr std::string_view kModes[] = {"constant", "reflect", "edge", "wrap"};

size_t num_inputs(const Pad& op) { return 1u + op.has_pads_input + op.has_value; }

/// Begins, then ends: 2 * rank numbers.
std::vector<Dim> pads_of(const Pad& op, std::span<const ValueInfo> in) {
  const auto rank = static_cast<size_t>(in[0].type.rank());
  std::vector<Dim> pads;
  if (op.has_pads_input) {
    pads = known_value(kName, in[1], "pads (input 1)");
    if (pads.size() != 2 * rank) reject(kName, "pads must have ", 2 * rank, " elements, got ", pads.size());
    return pads;
  }
  for (const std::vector<Dim>* side : {&op.pads_begin, &op.pads_end}) {
    if (!side->empty() && side->size() != rank) reject(kName, "pads must have ", rank, " elements, got ", side->size());
    pads.insert(pads.end(), side->begin(), side->end());
    if (side->empty()) pads.insert(pads.end(), rank, 0);
  }
  return pads;
}

/// The element of x that position i (counted from the first one of x) shows; -1: none, fill in the value.
int64_t source_index(Pad::Mode mode, int64_t i, int64_t n) {
  if (i >= 0 && i < n) return i;
  if (n == 0) return -1;
  switch (mode) {
    case Pad::Mode::constant:
      return -1;
    case Pad::Mode::edge:
      return std::clamp<int64_t>(i, 0, n - 1);
    case Pad::Mode::wrap:
      return ((i % n) + n) % n;
    case Pad::Mode::reflect: {
      if (n == 1) return 0;
      const int64_t period = 2 * (n - 1), j = ((i % period) + period) % period;
      return j < n ? j : period - j;
    }
  }
  return -1;
}

}  // namespace

std::vector<TensorType> infer(const Pad& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  if (in.size() != num_inputs(op)) reject(kName, "its flags ask for ", num_inputs(op), " inputs, got ", in.size());
  if (op.has_value) {
    const TensorType& value = in.back().type;
    require_same_dtype(kName, value.dtype, x.dtype, "value");
    if (value.rank() > 1 || (value.rank() == 1 && value.shape[0] != Dim(1)))
      reject(kName, "value must be a scalar, got ", value);
  }
  const std::vector<Dim> pads = pads_of(op, in);
  TensorType y{x.dtype, {}};
  for (int axis = 0; axis < x.rank(); ++axis) {
    const Dim &before = pads[static_cast<size_t>(axis)], &after = pads[static_cast<size_t>(axis + x.rank())];
    for (const Dim* p : {&before, &after}) {
      if (p->is_constant() && (p->constant() < -kMaxAttribute || p->constant() > kMaxAttribute))
        reject(kName, "pad of ", *p, " along axis ", axis, " is out of range");
      const auto n = x.shape[axis].as_constant();
      if (n && p->is_constant() && p->constant() > 0 && op.mode != Pad::Mode::constant &&
          (*n == 0 || (op.mode == Pad::Mode::reflect && p->constant() >= *n)))
        reject(kName, kModes[static_cast<size_t>(op.mode)], " pad of ", *p, " along axis ", axis,
               " needs more than the ", *n, " elements of x");
    }
    y.shape.push_back(before + x.shape[axis] + after);
  }
  return {y};
}

void reference(const Pad& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const ReadView& x = in[0];
  const auto rank = static_cast<size_t>(x.rank());
  std::vector<int64_t> begin = op.has_pads_input ? load_ints(in[1]) : constants(kName, op.pads_begin);
  begin.resize(rank, 0);
  const auto strides = row_major_strides(x.dims());
  for_each_index(out[0].dims(), [&](std::span<const int64_t> index, int64_t i) {
    int64_t from = 0;
    bool inside = true;
    for (size_t a = 0; a < rank && inside; ++a) {
      const int64_t at = source_index(op.mode, index[a] - begin[a], x.dims()[a]);
      inside = at >= 0;
      from += at * strides[a];
    }
    if (inside)
      copy_elements(x, from, out[0], i);
    else if (op.has_value)
      copy_elements(in.back(), 0, out[0], i);
    else if (x.dtype() == DType::text)
      out[0].set_view(i, {});
    else
      out[0].set(i, op.value);
  });
}

Cost cost(const Pad&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in.first(1), out, at);
}

void visit_fields(Pad& op, FieldVisitor& v) {
  v.choice("mode", op.mode, kModes);
  v.field("pads_begin", op.pads_begin);
  v.field("pads_end", op.pads_end);
  v.field("value", op.value);
  v.field("has_pads_input", op.has_pads_input);
  v.field("has_value", op.has_value);
}

}  // namespace dvt::ops
