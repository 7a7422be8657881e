#include "ops/data/one_hot.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "one_hot";
}

std::vector<TensorType> infer(const OneHot& op, std::span<const ValueInfo> in) {
  const TensorType &indices = in[0].type, &values = in[2].type;
  if (indices.dtype == DType::b8) reject(kName, "indices must be numbers, got ", indices);
  const int axis = checked_axis(kName, op.axis, indices.rank() + 1);
  const std::vector<Dim>& depth = known_value(kName, in[1], "depth (input 1)");
  if (depth.size() != 1) reject(kName, "depth must be one number, got ", depth.size());
  if (depth[0].is_constant() && depth[0].constant() < 0) reject(kName, "depth is ", depth[0]);
  require_vector(kName, values, 2, "values");
  std::vector<Dim> dims = indices.shape.dims();
  dims.insert(dims.begin() + axis, depth[0]);
  return {{values.dtype, Shape(dims)}};
}

void reference(const OneHot& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const AxisSplit split = split_at(out[0].dims(), op.axis);
  for (int64_t i = 0; i < out[0].volume(); ++i) {
    const int64_t position = i / split.inner % split.length;
    const int64_t index = in[0].get_int(i / (split.length * split.inner) * split.inner + i % split.inner);
    const bool on = (index < 0 ? index + split.length : index) == position;
    copy_elements(in[2], on, out[0], i);
  }
}

Cost cost(const OneHot&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at);
}

void visit_fields(OneHot& op, FieldVisitor& v) { v.field("axis", op.axis); }

}  // namespace dvt::ops
