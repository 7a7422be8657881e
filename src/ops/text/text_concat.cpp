#include "ops/text/text_concat.h"

#include "ops/text/text_support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "text_concat";
}

std::vector<TensorType> infer(const TextConcat&, std::span<const ValueInfo> in) {
  for (size_t i = 0; i < 2; ++i) require_text(kName, in[i].type.dtype, i);
  const Shape shapes[] = {in[0].type.shape, in[1].type.shape};
  return {{DType::text, broadcast_all(shapes)}};
}

void reference(const TextConcat&, std::span<const ReadView> in, std::span<const WriteView> out) {
  std::string joined;
  for_each_broadcast<2>({&in[0], &in[1]}, out[0].dims(), [&](const std::array<int64_t, 2>& at, int64_t i) {
    joined = in[0].text(at[0]);
    joined += in[1].text(at[1]);
    out[0].set_text(i, joined);
  });
}

Cost cost(const TextConcat&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, kOpsPerText);
}

void visit_fields(TextConcat&, FieldVisitor&) {}

}  // namespace dvt::ops
