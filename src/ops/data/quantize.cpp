#include "ops/data/quantize.h"

#include <algorithm>
#include <cmath>

#include "expr/expr.h"
#include "ops/data/quantization_scale.h"
#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "quantize";

double saturate(DType t, double v) {
  if (std::isnan(v)) return 0;
  const bool is_signed = dtype_class(t) == DTypeClass::kSigned;
  const double span = std::ldexp(1.0, bits(t));
  return std::clamp(v, is_signed ? -span / 2 : 0, (is_signed ? span / 2 : span) - 1);
}

}  // namespace

std::vector<TensorType> infer(const Quantize& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  if (!is_floating(x.dtype) && x.dtype != DType::i32) reject(kName, "x must be floating point or i32, got ", x);
  if (!is_quantized_type(op.to) || op.to == DType::i32) reject(kName, "cannot quantize to ", op.to);
  check_scale(kName, in, op.axis, op.block_size, op.has_zero_point, op.to);
  return {{op.to, x.shape}};
}

void reference(const Quantize& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const ScaleIndex scale_index(in[0], in[1], op.axis, op.block_size);
  for (int64_t i = 0; i < out[0].volume(); ++i) {
    const int64_t s = scale_index(i);
    // The quotient is an f32 by definition: a rounding tie there must be a tie here.
    const float quotient = static_cast<float>(in[0].get(i)) / static_cast<float>(in[1].get(s));
    if (is_floating(op.to)) {
      out[0].set(i, expr::convert(DType::f32, op.to, expr::Scalar{.f = static_cast<double>(quotient)}).f);
      continue;
    }
    const double zero = op.has_zero_point ? in[2].get(s) : 0;
    out[0].set_int(i, static_cast<int64_t>(saturate(op.to, std::nearbyint(quotient) + zero)));
  }
}

Cost cost(const Quantize&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, 3);
}

void visit_fields(Quantize& op, FieldVisitor& v) {
  v.field("axis", op.axis);
  v.field("block_size", op.block_size);
  v.field("to", op.to);
  v.field("has_zero_point", op.has_zero_point);
}

}  // namespace dvt::ops
