#include "ops/data/dequantize.h"

#include "ops/data/quantization_scale.h"
#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "dequantize";
}

std::vector<TensorType> infer(const Dequantize& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  if (!is_quantized_type(x.dtype)) reject(kName, "x must be of a quantized type, got ", x);
  require_floating(kName, op.to, "result");
  check_scale(kName, in, op.axis, op.block_size, op.has_zero_point, x.dtype);
  return {{op.to, x.shape}};
}

void reference(const Dequantize& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const ScaleIndex scale_index(in[0], in[1], op.axis, op.block_size);
  for (int64_t i = 0; i < out[0].volume(); ++i) {
    const int64_t s = scale_index(i);
    const double zero = op.has_zero_point ? in[2].get(s) : 0;
    out[0].set(i, (in[0].get(i) - zero) * in[1].get(s));
  }
}

Cost cost(const Dequantize&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, 2);
}

void visit_fields(Dequantize& op, FieldVisitor& v) {
  v.field("axis", op.axis);
  v.field("block_size", op.block_size);
  v.field("to", op.to);
  v.field("has_zero_point", op.has_zero_point);
}

}  // namespace dvt::ops
