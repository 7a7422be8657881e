#include "ops/nn/batch_norm.h"

#include <cmath>

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "batch_norm";
}

std::vector<TensorType> infer(const BatchNorm&, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  require_floating(kName, x.dtype, "x");
  require_rank_at_least(kName, x, 2, "x");
  constexpr std::string_view kParameters[] = {"scale", "bias", "mean", "variance"};
  for (size_t i = 0; i < 4; ++i) {
    require_floating(kName, in[i + 1].type.dtype, kParameters[i]);
    require_vector(kName, in[i + 1].type, x.shape[1], kParameters[i]);
  }
  // The parameters' number may be known where that of x is not.
  TensorType y = x;
  for (size_t i = 1; i < 5; ++i)
    if (!y.shape[1].is_constant()) y.shape[1] = in[i].type.shape[0];
  return {y};
}

void reference(const BatchNorm& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const AxisSplit split = split_at(in[0].dims(), 1);
  for (int64_t i = 0; i < out[0].volume(); ++i) {
    const int64_t c = i / split.inner % split.length;
    const double scale = in[1].get(c) / std::sqrt(in[4].get(c) + op.epsilon);
    out[0].set(i, (in[0].get(i) - in[3].get(c)) * scale + in[2].get(c));
  }
}

Cost cost(const BatchNorm&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, 2);
}

void visit_fields(BatchNorm& op, FieldVisitor& v) { v.field("epsilon", op.epsilon); }

}  // namespace dvt::ops
