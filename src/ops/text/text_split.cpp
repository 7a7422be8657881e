#include "ops/text/text_split.h"

#include "ops/text/split_text.h"
#include "ops/text/text_support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "text_split";
}

std::vector<TensorType> infer(const TextSplit&, std::span<const ValueInfo> in) {
  require_text(kName, in[0].type.dtype, 0);
  const std::vector<Dim>& columns = known_value(kName, in[1], "the number of columns (input 1)");
  if (columns.size() != 1) reject(kName, "the number of columns must be one number, got ", columns.size());
  if (columns[0].is_constant() && columns[0].constant() < 0) reject(kName, "the number of columns is ", columns[0]);
  TensorType y = in[0].type;
  y.shape.push_back(max(columns[0], 0));
  return {y};
}

void reference(const TextSplit& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const int64_t columns = out[0].dims().back();
  for (int64_t i = 0; i < in[0].volume(); ++i) {
    TextParts parts(in[0].text(i), op.delimiter, op.max_split);
    for (int64_t k = 0; k < columns; ++k) {
      std::string_view part;
      parts.next(part);
      out[0].set_view(i * columns + k, part);
    }
  }
}

Cost cost(const TextSplit&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, kOpsPerText);
}

void visit_fields(TextSplit& op, FieldVisitor& v) {
  v.field("delimiter", op.delimiter);
  v.field("max_split", op.max_split);
}

}  // namespace dvt::ops
