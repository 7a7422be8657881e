#include "operand_values.h"

#include <algorithm>

#include "ops/all_ops.h"

namespace dvt::test {

using backend::Operand;
using backend::Problem;

namespace {

/// Exclusive bound of the indices in operand `index`, or 0 when it holds none.
int64_t index_bound(const Problem& p, int index, const std::vector<std::vector<int64_t>>& dims) {
  const auto along = [&](int64_t axis) {
    return dims[0][static_cast<size_t>(*normalize_axis(axis, static_cast<int>(dims[0].size())))];
  };
  if (index != 1) return 0;
  if (const auto* op = p.op.as<ops::Gather>()) return along(op->axis);
  if (const auto* op = p.op.as<ops::GatherElements>()) return along(op->axis);
  if (const auto* op = p.op.as<ops::ScatterElements>()) return along(op->axis);
  if (p.op.as<ops::GatherNd>() || p.op.as<ops::ScatterNd>()) return *std::min_element(dims[0].begin(), dims[0].end());
  return 0;
}

bool positive(const Problem& p, int index) {
  if (p.op.as<ops::BatchNorm>()) return index == 4;
  if (p.op.as<ops::Quantize>() || p.op.as<ops::Dequantize>()) return index == 1;
  return false;
}

}  // namespace

void fill_operand(const Problem& p, int index, const std::vector<std::vector<int64_t>>& dims, std::byte* data,
                  std::mt19937& random) {
  const Operand& o = p.inputs[static_cast<size_t>(index)];
  const auto& own = dims[static_cast<size_t>(index)];
  const ops::WriteView view(o.dtype, own, data);
  const int64_t count = view.volume();
  const int64_t bound = index_bound(p, index, dims);
  for (int64_t i = 0; i < count; ++i) {
    if (o.dtype == DType::text) {
      constexpr std::string_view kWords[] = {"a", "b", "ab", "", "ba.c", "é"};  // of which the problems' keys are some
      view.set_view(i, kWords[random() % std::size(kWords)]);
    } else if (bound > 0) {
      view.set_int(i, static_cast<int64_t>(random() % static_cast<uint64_t>(2 * bound)) - bound);
    } else if (is_floating(o.dtype)) {
      double value = std::uniform_real_distribution<double>(-kLargestValue, kLargestValue)(random);
      if (p.op.as<ops::NonZero>() || p.op.as<ops::Unique>()) value = std::round(value);  // zeros and equal elements
      view.set(i, positive(p, index) ? 0.25 + std::abs(value) : value);
    } else if (o.dtype == DType::b8) {
      view.set_int(i, random() & 1);
    } else {
      const bool is_signed = dtype_class(o.dtype) == DTypeClass::kSigned;
      view.set_int(i, static_cast<int64_t>(random() % 16) - (is_signed ? 8 : 0));
    }
  }
  // Slices that read their positions: a start and a step that the clamping lets stand.
  if (const auto* slice = p.op.as<ops::Slice>(); slice && index > 0 && index < p.num_op_inputs)
    for (int64_t i = 0; i < count; ++i) view.set_int(i, 1);
}

}  // namespace dvt::test
