#include "ops/matrix/determinant.h"

#include "ops/matrix/eliminate.h"
#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "determinant";
}

std::vector<TensorType> infer(const Determinant&, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  require_floating(kName, x.dtype, "x");
  require_rank_at_least(kName, x, 2, "x");
  require_same_dim(kName, x.shape[x.rank() - 1], x.shape[x.rank() - 2], "the number of columns");
  std::vector<Dim> dims = x.shape.dims();
  dims.resize(dims.size() - 2);
  return {{x.dtype, Shape(dims)}};
}

void reference(const Determinant&, std::span<const ReadView> in, std::span<const WriteView> out) {
  const int64_t n = in[0].dim(in[0].rank() - 1);
  std::vector<double> matrix(static_cast<size_t>(n * n)), nothing;
  for (int64_t i = 0; i < out[0].volume(); ++i) {
    for (int64_t k = 0; k < n * n; ++k) matrix[static_cast<size_t>(k)] = in[0].get(i * n * n + k);
    out[0].set(i, eliminate(matrix, nothing, n));
  }
}

Cost cost(const Determinant&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  const double n = dim_at(in[0], in[0].rank() - 1, at);
  return traffic(in, out, at, n * n * n);
}

void visit_fields(Determinant&, FieldVisitor&) {}

}  // namespace dvt::ops
