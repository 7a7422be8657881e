#include "onnx/import/ml_post.h"

#include "onnx/constants.h"
#include "onnx/import/ml_labels.h"

namespace dvt::onnx {
namespace {

/// The quantile of the standard normal distribution, by way of the inverse error function of S. Winitzki, "A handy
/// approximation for the error function and its inverse", 2008: what the operators' definition refers to.
Term probit(Term p) {
  constexpr double kPi = 3.14159, kA = 0.147;
  const Term x = p * 2 - 1;
  const Term logarithm = log((1.0 - x) * (x + 1));
  const Term v = logarithm * 0.5 + 2 / (kPi * kA);
  const Term root = sqrt(sqrt(v * v - logarithm / kA) - v);
  return sign(x) * root * 1.41421356;
}

/// Softmax over the scores that are not 0; those stay 0.
Term softmax_zero(Term scores) {
  const Term is_zero = abs(scores) <= 0.0000001;
  const Term exponential = exp(scores - largest(scores, {-1}));
  const Term kept = select(is_zero, scores.number(0), exponential);
  const Term total = sum(kept, {-1});
  return kept / select(equal(total, 0), total.number(1), total);
}

}  // namespace

Term post_transformed(Term scores, const std::string& name) {
  if (name == "NONE") return scores;
  if (name == "SOFTMAX") return softmax(scores, -1);
  if (name == "LOGISTIC") return sigmoid(scores);
  if (name == "SOFTMAX_ZERO") return softmax_zero(scores);
  if (name == "PROBIT") return probit(scores);
  refuse(ParserCode::kINVALID_NODE)("the attribute 'post_transform' is '", name, "'");
}

int64_t num_class_labels(ImporterContext& c) {
  if (const auto texts = c.attribute_strings("classlabels_strings"); !texts.empty())
    return static_cast<int64_t>(texts.size());
  for (const char* name : {"classlabels_ints", "classlabels_int64s"})
    if (c.has_attribute(name)) return static_cast<int64_t>(c.attribute_ints(name).size());
  return 0;
}

Term class_labels(ImporterContext& c, Term index) {
  if (const auto texts = c.attribute_strings("classlabels_strings"); !texts.empty())
    return gather(text_list(c, texts, "labels"), index, 0);
  for (const char* name : {"classlabels_ints", "classlabels_int64s"})
    if (c.has_attribute(name)) {
      const std::vector<int64_t> labels = c.attribute_ints(name);
      return gather(ints(c, {static_cast<int64_t>(labels.size())}, labels, "labels"), index, 0);
    }
  return index;
}

Term as_real(Term x) { return x.type() == DataType::kFLOAT64 ? x : cast(x, DataType::kFLOAT); }

}  // namespace dvt::onnx
