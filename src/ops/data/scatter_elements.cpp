#include "ops/data/scatter_elements.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "scatter_elements";
}

std::vector<TensorType> infer(const ScatterElements& op, std::span<const ValueInfo> in) {
  const TensorType &x = in[0].type, &indices = in[1].type, &updates = in[2].type;
  const int axis = checked_axis(kName, op.axis, x.rank());
  require_integer(kName, indices.dtype, "indices");
  require_same_dtype(kName, updates.dtype, x.dtype, "updates");
  require_scattered(kName, op.reduction, x.dtype);
  require_rank(kName, indices, x.rank(), "indices");
  require_rank(kName, updates, x.rank(), "updates");
  for (int a = 0; a < x.rank(); ++a) {
    require_same_dim(kName, updates.shape[a], indices.shape[a], concat("dimension ", a, " of updates"));
    const auto limit = x.shape[a].as_constant(), n = indices.shape[a].as_constant();
    if (a != axis && limit && n && *n > *limit)
      reject(kName, "dimension ", a, " of indices ", indices, " is larger than that of x ", x);
  }
  return {x};
}

void reference(const ScatterElements& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const auto strides = row_major_strides(in[0].dims());
  const auto axis = static_cast<size_t>(*normalize_axis(op.axis, in[0].rank()));
  copy_elements(in[0], 0, out[0], 0, in[0].volume());
  for_each_index(in[1].dims(), [&](std::span<const int64_t> index, int64_t i) {
    const int64_t at = wrapped_index(kName, in[1].get_int(i), in[0].dims()[axis]);
    scatter_element(op.reduction, in[2], i, out[0], offset_of(index, strides) + (at - index[axis]) * strides[axis]);
  });
}

Cost cost(const ScatterElements&, std::span<const TensorType> in, std::span<const TensorType> out,
          const SymbolValues& at) {
  return traffic(in, out, at);
}

void visit_fields(ScatterElements& op, FieldVisitor& v) {
  v.field("axis", op.axis);
  v.choice("reduction", op.reduction, kScatterReductionNames);
}

}  // namespace dvt::ops
