#include "ops/nn/lrn.h"

#include <algorithm>
#include <cmath>

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "lrn";
}

std::vector<TensorType> infer(const Lrn& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  require_floating(kName, x.dtype, "x");
  require_rank_at_least(kName, x, 2, "x");
  if (op.size < 1 || op.size > kMaxAttribute) reject(kName, "size must be 1 or more, got ", op.size);
  return {x};
}

void reference(const Lrn& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const AxisSplit split = split_at(in[0].dims(), 1);
  for (int64_t i = 0; i < out[0].volume(); ++i) {
    const int64_t c = i / split.inner % split.length;
    const int64_t first = std::max<int64_t>(0, c - (op.size - 1) / 2),
                  last = std::min(split.length - 1, c + op.size / 2);
    double sum = 0;
    for (int64_t other = first; other <= last; ++other) {
      const double v = in[0].get(i + (other - c) * split.inner);
      sum += v * v;
    }
    out[0].set(i, in[0].get(i) / std::pow(op.bias + op.alpha / static_cast<double>(op.size) * sum, op.beta));
  }
}

Cost cost(const Lrn& op, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, 2 * static_cast<double>(op.size) + 20);
}

void visit_fields(Lrn& op, FieldVisitor& v) {
  v.field("size", op.size);
  v.field("alpha", op.alpha);
  v.field("beta", op.beta);
  v.field("bias", op.bias);
}

}  // namespace dvt::ops
