#include "ops/data/shape_of.h"

#include <algorithm>

#include "ops/support.h"

namespace dvt::ops {
namespace {

/// [start, end) made non-negative and clamped to the rank.
std::pair<int, int> bounds(const ShapeOf& op, int rank) {
  const auto clamp = [&](int64_t i) { return static_cast<int>(std::clamp<int64_t>(i < 0 ? i + rank : i, 0, rank)); };
  const int first = clamp(op.start);
  return {first, std::max(first, clamp(op.end))};
}

}  // namespace

std::vector<TensorType> infer(const ShapeOf& op, std::span<const ValueInfo> in) {
  const auto [first, last] = bounds(op, in[0].type.rank());
  return {{DType::i64, {last - first}}};
}

std::optional<std::vector<Dim>> fold_value(const ShapeOf& op, std::span<const ValueInfo> in) {
  const auto [first, last] = bounds(op, in[0].type.rank());
  const auto& dims = in[0].type.shape.dims();
  return std::vector<Dim>(dims.begin() + first, dims.begin() + last);
}

void reference(const ShapeOf& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const auto [first, last] = bounds(op, in[0].rank());
  for (int i = first; i < last; ++i) out[0].set_int(i - first, in[0].dim(i));
}

Cost cost(const ShapeOf&, std::span<const TensorType>, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic({}, out, at);
}

void visit_fields(ShapeOf& op, FieldVisitor& v) {
  v.field("start", op.start);
  v.field("end", op.end);
}

}  // namespace dvt::ops
