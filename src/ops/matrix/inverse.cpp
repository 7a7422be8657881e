#include "ops/matrix/inverse.h"

#include "ops/matrix/eliminate.h"
#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "inverse";
}

std::vector<TensorType> infer(const Inverse&, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  require_floating(kName, x.dtype, "x");
  require_rank_at_least(kName, x, 2, "x");
  require_same_dim(kName, x.shape[x.rank() - 1], x.shape[x.rank() - 2], "the number of columns");
  return {x};
}

void reference(const Inverse&, std::span<const ReadView> in, std::span<const WriteView> out) {
  const int64_t n = in[0].dim(in[0].rank() - 1);
  const auto size = static_cast<size_t>(n * n);
  if (size == 0) return;
  for (int64_t first = 0; first < out[0].volume(); first += n * n) {
    std::vector<double> matrix(size), result(size, 0.0);
    for (size_t k = 0; k < size; ++k) matrix[k] = in[0].get(first + static_cast<int64_t>(k));
    for (size_t k = 0; k < size; k += static_cast<size_t>(n) + 1) result[k] = 1;
    eliminate(matrix, result, n);
    for (size_t k = 0; k < size; ++k) out[0].set(first + static_cast<int64_t>(k), result[k]);
  }
}

Cost cost(const Inverse&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, 2 * dim_at(in[0], in[0].rank() - 1, at));
}

void visit_fields(Inverse&, FieldVisitor&) {}

}  // namespace dvt::ops
