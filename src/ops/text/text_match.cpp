#include "ops/text/text_match.h"

#include <re2/re2.h>

#include "ops/text/text_support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "text_match";

class Matcher {
 public:
  explicit Matcher(const std::string& pattern) : expression_(pattern, options()) {
    if (!expression_.ok())
      reject(kName, "the pattern '", pattern.substr(0, 60), "' is none of RE2's: ", expression_.error());
  }
  bool operator()(std::string_view text) const { return re2::RE2::FullMatch({text.data(), text.size()}, expression_); }

 private:
  static re2::RE2::Options options() {
    re2::RE2::Options o;
    o.set_log_errors(false);  // to stderr; infer() says what is wrong
    return o;
  }
  re2::RE2 expression_;
};

}  // namespace

std::vector<TensorType> infer(const TextMatch& op, std::span<const ValueInfo> in) {
  require_text(kName, in[0].type.dtype, 0);
  const Matcher checked(op.pattern);
  return {{DType::b8, in[0].type.shape}};
}

void reference(const TextMatch& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const Matcher matches(op.pattern);
  for (int64_t i = 0; i < out[0].volume(); ++i) out[0].set_int(i, matches(in[0].text(i)));
}

Cost cost(const TextMatch&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, 10 * kOpsPerText);
}

void visit_fields(TextMatch& op, FieldVisitor& v) { v.field("pattern", op.pattern); }

}  // namespace dvt::ops
