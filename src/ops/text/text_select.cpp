#include "ops/text/text_select.h"

#include "ops/text/text_support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "text_select";
}

std::vector<TensorType> infer(const TextSelect&, std::span<const ValueInfo> in) {
  require_same_dtype(kName, in[0].type.dtype, DType::b8, "condition");
  for (size_t i = 1; i < 3; ++i) require_text(kName, in[i].type.dtype, i);
  const Shape shapes[] = {in[0].type.shape, in[1].type.shape, in[2].type.shape};
  return {{DType::text, broadcast_all(shapes)}};
}

void reference(const TextSelect&, std::span<const ReadView> in, std::span<const WriteView> out) {
  for_each_broadcast<3>({&in[0], &in[1], &in[2]}, out[0].dims(), [&](const std::array<int64_t, 3>& at, int64_t i) {
    const size_t from = in[0].get_int(at[0]) ? 1 : 2;
    copy_elements(in[from], at[from], out[0], i);
  });
}

Cost cost(const TextSelect&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at);
}

void visit_fields(TextSelect&, FieldVisitor&) {}

}  // namespace dvt::ops
