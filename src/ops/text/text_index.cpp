#include "ops/text/text_index.h"

#include <unordered_map>

#include "ops/text/text_support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "text_index";
}

std::vector<TensorType> infer(const TextIndex&, std::span<const ValueInfo> in) {
  require_text(kName, in[0].type.dtype, 0);
  return {{DType::i64, in[0].type.shape}};
}

void reference(const TextIndex& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  std::unordered_map<std::string_view, int64_t> positions;
  for (size_t k = 0; k < op.keys.size(); ++k) positions[op.keys[k]] = static_cast<int64_t>(k);
  for (int64_t i = 0; i < out[0].volume(); ++i) {
    const auto found = positions.find(in[0].text(i));
    out[0].set_int(i, found == positions.end() ? static_cast<int64_t>(op.keys.size()) : found->second);
  }
}

Cost cost(const TextIndex&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, kOpsPerText);
}

void visit_fields(TextIndex& op, FieldVisitor& v) { v.field("keys", op.keys); }

}  // namespace dvt::ops
