#include "ops/nn/softmax.h"

#include <cmath>

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "softmax";
}

std::vector<TensorType> infer(const Softmax& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  require_floating(kName, x.dtype, "x");
  checked_axis(kName, op.axis, x.rank());
  return {x};
}

void reference(const Softmax& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const AxisSplit split = split_at(in[0].dims(), op.axis);
  std::vector<double> row(static_cast<size_t>(split.length));
  for (int64_t i = 0; i < split.outer * split.inner; ++i) {
    const int64_t first = i / split.inner * split.length * split.inner + i % split.inner;
    double largest = -INFINITY, sum = 0;
    for (size_t k = 0; k < row.size(); ++k) {
      row[k] = in[0].get(first + static_cast<int64_t>(k) * split.inner);
      largest = std::fmax(largest, row[k]);
    }
    for (double& v : row) v -= largest;
    for (double v : row) sum += std::exp(v);
    for (size_t k = 0; k < row.size(); ++k)
      out[0].set(first + static_cast<int64_t>(k) * split.inner,
                 op.log ? row[k] - std::log(sum) : std::exp(row[k]) / sum);
  }
}

Cost cost(const Softmax&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, 20);
}

void visit_fields(Softmax& op, FieldVisitor& v) {
  v.field("axis", op.axis);
  v.field("log", op.log);
}

}  // namespace dvt::ops
