#include "ops/text/text_part_count.h"

#include "ops/text/split_text.h"
#include "ops/text/text_support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "text_part_count";
}

std::vector<TensorType> infer(const TextPartCount&, std::span<const ValueInfo> in) {
  require_text(kName, in[0].type.dtype, 0);
  return {{DType::i64, in[0].type.shape}};
}

void reference(const TextPartCount& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  for (int64_t i = 0; i < out[0].volume(); ++i) {
    TextParts parts(in[0].text(i), op.delimiter, op.max_split);
    int64_t count = 0;
    for (std::string_view part; parts.next(part);) ++count;
    out[0].set_int(i, count);
  }
}

Cost cost(const TextPartCount&, std::span<const TensorType> in, std::span<const TensorType> out,
          const SymbolValues& at) {
  return traffic(in, out, at, kOpsPerText);
}

void visit_fields(TextPartCount& op, FieldVisitor& v) {
  v.field("delimiter", op.delimiter);
  v.field("max_split", op.max_split);
}

}  // namespace dvt::ops
