#include "ops/data/scatter_nd.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "scatter_nd";
}

std::vector<TensorType> infer(const ScatterNd& op, std::span<const ValueInfo> in) {
  const TensorType &x = in[0].type, &indices = in[1].type, &updates = in[2].type;
  require_integer(kName, indices.dtype, "indices");
  require_same_dtype(kName, updates.dtype, x.dtype, "updates");
  require_scattered(kName, op.reduction, x.dtype);
  require_rank_at_least(kName, x, 1, "x");
  require_rank_at_least(kName, indices, 1, "indices");
  const Dim& last = indices.shape[indices.rank() - 1];
  if (!last.is_constant()) reject(kName, "last dimension of indices must be constant, got ", indices);
  if (last.constant() < 1 || last.constant() > x.rank())
    reject(kName, "last dimension of indices must be 1 to ", x.rank(), ", got ", last);
  Shape expected;
  for (int a = 0; a + 1 < indices.rank(); ++a) expected.push_back(indices.shape[a]);
  for (int a = static_cast<int>(last.constant()); a < x.rank(); ++a) expected.push_back(x.shape[a]);
  if (updates.rank() != expected.rank()) reject(kName, "updates must have shape ", expected, ", got ", updates);
  for (int a = 0; a < expected.rank(); ++a)
    require_same_dim(kName, updates.shape[a], expected[a], concat("dimension ", a, " of updates"));
  return {x};
}

void reference(const ScatterNd& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const std::span<const int64_t> x(in[0].dims()), indices(in[1].dims());
  const auto depth = static_cast<size_t>(indices.back());
  const auto strides = row_major_strides(x);
  const int64_t run = volume_of(x.subspan(depth)), tuples = volume_of(indices.first(indices.size() - 1));
  copy_elements(in[0], 0, out[0], 0, in[0].volume());
  for (int64_t i = 0; i < tuples; ++i) {
    int64_t to = 0;
    bool inside = true;
    for (size_t a = 0; a < depth; ++a) {
      int64_t index = in[1].get_int(i * indices.back() + static_cast<int64_t>(a));
      if (index < 0) index += x[a];
      inside = inside && index >= 0 && index < x[a];
      if (inside) to += index * strides[a];
    }
    if (!inside) continue;
    for (int64_t j = 0; j < run; ++j) scatter_element(op.reduction, in[2], i * run + j, out[0], to + j);
  }
}

Cost cost(const ScatterNd&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at);
}

void visit_fields(ScatterNd& op, FieldVisitor& v) { v.choice("reduction", op.reduction, kScatterReductionNames); }

}  // namespace dvt::ops
