#include "ops/text/text_constant.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "text_constant";
}

std::vector<TensorType> infer(const TextConstant& op, std::span<const ValueInfo>) {
  TensorType y{DType::text, {}};
  for (int64_t d : op.shape) {
    if (d < 0 || d > kMaxAttribute) reject(kName, "dimension ", d, " in the shape");
    y.shape.push_back(d);
  }
  const std::optional<int64_t> volume = y.shape.volume().as_constant();
  const auto values = static_cast<int64_t>(op.values.size());
  if (!volume || (values != 1 && values != *volume))
    reject(kName, values, " values for the shape ", y.shape, "; one for each element is expected, or one for all");
  return {y};
}

void reference(const TextConstant& op, std::span<const ReadView>, std::span<const WriteView> out) {
  const bool one = op.values.size() == 1;
  for (int64_t i = 0; i < out[0].volume(); ++i) out[0].set_view(i, op.values[one ? 0 : static_cast<size_t>(i)]);
}

Cost cost(const TextConstant&, std::span<const TensorType> in, std::span<const TensorType> out,
          const SymbolValues& at) {
  return traffic(in, out, at);
}

void visit_fields(TextConstant& op, FieldVisitor& v) {
  v.field("values", op.values);
  v.field("shape", op.shape);
}

}  // namespace dvt::ops
