#include "ops/text/text_normalize.h"

#include <unordered_set>

#include "ops/text/letter_case.h"
#include "ops/text/text_support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "text_normalize";
constexpr std::string_view kCases[] = {"keep", "lower", "upper"};

}  // namespace

std::vector<TensorType> infer(const TextNormalize&, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  require_text(kName, x.dtype, 0);
  const bool row = x.rank() == 2 && (!x.shape[0].is_constant() || x.shape[0] == Dim(1));
  if (x.rank() != 1 && !row) reject(kName, "x must be a list of texts, or one row of them, got ", x);
  TensorType y = x;
  if (y.rank() == 2) y.shape[0] = 1;
  y.shape[y.rank() - 1] = late_symbol(0);
  return {y};
}

std::vector<LateSize> late_sizes(const TextNormalize&, std::span<const ValueInfo> in) {
  const Shape& shape = in[0].type.shape;
  return {{.max = max(shape[shape.rank() - 1], 1)}};
}

void reference(const TextNormalize& op, std::span<const ReadView> in, std::span<const WriteView> out,
               std::span<int64_t> late) {
  std::string word;
  const auto in_case = [&word](std::string_view text, bool upper) {
    word.clear();
    append_in_case(word, text, upper);
    return std::string_view(word);
  };
  std::unordered_set<std::string> stop_words;
  for (const std::string& text : op.stop_words)
    stop_words.emplace(op.case_sensitive ? std::string_view(text) : in_case(text, false));
  if (in[0].rank() == 2 && in[0].dim(0) != 1) reject(kName, "x has ", in[0].dim(0), " rows; one is expected");
  int64_t kept = 0;
  for (int64_t i = 0; i < in[0].volume(); ++i) {
    const std::string_view text = in[0].text(i);
    if (!stop_words.empty() && stop_words.contains(std::string(op.case_sensitive ? text : in_case(text, false))))
      continue;
    if (op.case_change == TextNormalize::Case::keep)
      out[0].set_view(kept++, text);
    else
      out[0].set_text(kept++, in_case(text, op.case_change == TextNormalize::Case::upper));
  }
  if (kept == 0) out[0].set_view(kept++, {});
  if (!late.empty()) late[0] = kept;
}

Cost cost(const TextNormalize&, std::span<const TensorType> in, std::span<const TensorType>, const SymbolValues& at) {
  Cost cost = traffic(in, {}, at);
  cost.flops = volume_at(in[0], at) * kOpsPerText;
  return cost;
}

void visit_fields(TextNormalize& op, FieldVisitor& v) {
  v.choice("case_change", op.case_change, kCases);
  v.field("case_sensitive", op.case_sensitive);
  v.field("stop_words", op.stop_words);
}

}  // namespace dvt::ops
