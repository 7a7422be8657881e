#include "ops/data/gather_elements.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "gather_elements";
}

std::vector<TensorType> infer(const GatherElements& op, std::span<const ValueInfo> in) {
  const TensorType &x = in[0].type, &indices = in[1].type;
  const int axis = checked_axis(kName, op.axis, x.rank());
  require_integer(kName, indices.dtype, "indices");
  require_rank(kName, indices, x.rank(), "indices");
  for (int a = 0; a < x.rank(); ++a) {
    const auto limit = x.shape[a].as_constant(), n = indices.shape[a].as_constant();
    if (a != axis && limit && n && *n > *limit)
      reject(kName, "dimension ", a, " of indices ", indices, " is larger than that of x ", x);
  }
  return {{x.dtype, indices.shape}};
}

void reference(const GatherElements& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const auto strides = row_major_strides(in[0].dims());
  const auto axis = static_cast<size_t>(*normalize_axis(op.axis, in[0].rank()));
  for_each_index(out[0].dims(), [&](std::span<const int64_t> index, int64_t i) {
    const int64_t at = wrapped_index(kName, in[1].get_int(i), in[0].dims()[axis]);
    copy_elements(in[0], offset_of(index, strides) + (at - index[axis]) * strides[axis], out[0], i);
  });
}

Cost cost(const GatherElements&, std::span<const TensorType> in, std::span<const TensorType> out,
          const SymbolValues& at) {
  Cost cost = traffic(in.subspan(1), out, at);
  cost.bytes += traffic({}, out, at).bytes;
  return cost;
}

void visit_fields(GatherElements& op, FieldVisitor& v) { v.field("axis", op.axis); }

}  // namespace dvt::ops
