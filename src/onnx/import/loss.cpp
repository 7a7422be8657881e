// The losses that exported training graphs end in.
#include <numeric>

#include "onnx/import/importers.h"
#include "onnx/term.h"

namespace dvt::onnx {
namespace {

/// Weighted negative log likelihood of target[N, d…] under log probabilities x[N, C, d…].
Term likelihood_loss(ImporterContext& c, Term log_probability, int target_input, int weight_input) {
  const Term target = cast(Term(c, target_input), DataType::kINT64);
  const std::string reduction = c.attribute_string("reduction", "mean");
  if (reduction != "none" && reduction != "sum" && reduction != "mean")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'reduction' must be none, sum or mean, got '", reduction, "'");
  // Positions to ignore read class 0 with the weight 0.
  const bool ignores = c.has_attribute("ignore_index");
  Term index = target;
  std::optional<Term> kept;
  if (ignores) {
    kept = !equal(target, static_cast<double>(c.attribute_int("ignore_index", 0)));
    index = select(*kept, target, target.number(0));
  }
  const Term picked = squeeze(gather_elements(log_probability, unsqueeze(index, {1}), 1), {1});
  std::optional<Term> weight;
  if (c.has_input(weight_input)) weight = gather(Term(c, weight_input), index, 0);
  if (ignores) {
    const Term one = weight ? *weight : picked.number(1);
    weight = select(*kept, one, picked.number(0));
  }
  Term loss = -picked;
  if (weight) loss = loss * *weight;
  if (reduction == "none") return loss;
  std::vector<int64_t> all(static_cast<size_t>(loss.rank()));
  std::iota(all.begin(), all.end(), 0);
  if (reduction == "sum") return sum(loss, all, false);
  if (!weight) return mean(loss, all, false);
  // A weight may have fewer dimensions than the loss has only where it was broadcast: here it has all of them.
  return sum(loss, all, false) / sum(*weight, all, false);
}

}  // namespace

void import_negative_log_likelihood_loss(ImporterContext& c) { c.set_output(0, likelihood_loss(c, Term(c, 0), 1, 2)); }

void import_softmax_cross_entropy_loss(ImporterContext& c) {
  const Term log_probability = log_softmax(Term(c, 0), 1);
  c.set_output(0, likelihood_loss(c, log_probability, 1, 2));
  if (c.wants_output(1)) c.set_output(1, log_probability);
}

}  // namespace dvt::onnx
