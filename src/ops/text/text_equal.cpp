#include "ops/text/text_equal.h"

#include "ops/support.h"
#include "ops/text/text_support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "text_equal";
}

std::vector<TensorType> infer(const TextEqual&, std::span<const ValueInfo> in) {
  for (size_t i = 0; i < 2; ++i) require_text(kName, in[i].type.dtype, i);
  const Shape shapes[] = {in[0].type.shape, in[1].type.shape};
  return {{DType::b8, broadcast_all(shapes)}};
}

void reference(const TextEqual&, std::span<const ReadView> in, std::span<const WriteView> out) {
  for_each_broadcast<2>({&in[0], &in[1]}, out[0].dims(), [&](const std::array<int64_t, 2>& at, int64_t i) {
    out[0].set_int(i, in[0].text(at[0]) == in[1].text(at[1]));
  });
}

Cost cost(const TextEqual&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, kOpsPerText);
}

void visit_fields(TextEqual&, FieldVisitor&) {}

}  // namespace dvt::ops
