#include "ops/data/gather_nd.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "gather_nd";
}

std::vector<TensorType> infer(const GatherNd& op, std::span<const ValueInfo> in) {
  const TensorType &x = in[0].type, &indices = in[1].type;
  require_integer(kName, indices.dtype, "indices");
  require_rank_at_least(kName, x, 1, "x");
  require_rank_at_least(kName, indices, 1, "indices");
  if (op.batch_dims < 0 || op.batch_dims >= std::min(x.rank(), indices.rank()))
    reject(kName, "batch_dims ", op.batch_dims, " does not fit x ", x, " and indices ", indices);
  const Dim& last = indices.shape[indices.rank() - 1];
  if (!last.is_constant()) reject(kName, "last dimension of indices must be constant, got ", indices);
  const int64_t first_kept = op.batch_dims + last.constant();
  if (last.constant() < 1 || first_kept > x.rank())
    reject(kName, "last dimension of indices must be 1 to ", x.rank() - op.batch_dims, ", got ", last);
  for (int a = 0; a < op.batch_dims; ++a)
    require_same_dim(kName, indices.shape[a], x.shape[a], concat("batch dimension ", a, " of indices"));
  TensorType y{x.dtype, {}};
  for (int a = 0; a + 1 < indices.rank(); ++a) y.shape.push_back(indices.shape[a]);
  for (int a = static_cast<int>(first_kept); a < x.rank(); ++a) y.shape.push_back(x.shape[a]);
  return {y};
}

void reference(const GatherNd& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const std::span<const int64_t> x(in[0].dims()), indices(in[1].dims());
  const auto batch = static_cast<size_t>(op.batch_dims), depth = static_cast<size_t>(indices.back());
  const auto strides = row_major_strides(x);
  const int64_t run = volume_of(x.subspan(batch + depth)), batches = volume_of(x.first(batch));
  const int64_t tuples = volume_of(indices.first(indices.size() - 1));
  for (int64_t i = 0; i < tuples; ++i) {
    int64_t from = i / (tuples / batches) * volume_of(x.subspan(batch));
    for (size_t a = 0; a < depth; ++a)
      from += wrapped_index(kName, in[1].get_int(i * indices.back() + static_cast<int64_t>(a)), x[batch + a]) *
              strides[batch + a];
    copy_elements(in[0], from, out[0], i * run, run);
  }
}

Cost cost(const GatherNd&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  Cost cost = traffic(in.subspan(1), out, at);
  cost.bytes += traffic({}, out, at).bytes;
  return cost;
}

void visit_fields(GatherNd& op, FieldVisitor& v) { v.field("batch_dims", op.batch_dims); }

}  // namespace dvt::ops
