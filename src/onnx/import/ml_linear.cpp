// ai.onnx.ml: linear models and support vector machines.
#include <numeric>

#include "onnx/import/importers.h"
#include "onnx/import/ml_post.h"

namespace dvt::onnx {
namespace {

/// x[N, F] as f32; a vector is one row.
Term rows_of(ImporterContext& c) {
  const Term x = cast(Term(c, 0), DataType::kFLOAT);
  if (x.rank() == 1) return unsqueeze(x, {0});
  if (x.rank() != 2) refuse(ParserCode::kINVALID_NODE)("the input must have rank 1 or 2, got ", x.rank());
  return x;
}

/// x times coefficients[outputs, F], plus the intercepts.
Term linear(ImporterContext& c, Term x, int64_t outputs) {
  const std::vector<float> coefficients = c.attribute_floats("coefficients");
  const auto count = static_cast<int64_t>(coefficients.size());
  if (outputs < 1 || count == 0 || count % outputs != 0)
    refuse(ParserCode::kINVALID_NODE)(count, " coefficients for ", outputs, " outputs");
  Term y = matmul(x, floats(c, {outputs, count / outputs}, coefficients, "coefficients"), false, true);
  const std::vector<float> intercepts = c.attribute_floats("intercepts");
  if (!intercepts.empty()) y = y + floats(c, {static_cast<int64_t>(intercepts.size())}, intercepts, "intercepts");
  return y;
}

std::string post_transform(ImporterContext& c) { return c.attribute_string("post_transform", "NONE"); }

}  // namespace

void import_linear_regressor(ImporterContext& c) {
  c.set_output(0, post_transformed(linear(c, rows_of(c), c.attribute_int("targets", 1)), post_transform(c)));
}

void import_linear_classifier(ImporterContext& c) {
  const int64_t labels = num_class_labels(c);
  const auto intercepts = static_cast<int64_t>(c.attribute_floats("intercepts").size());
  const int64_t outputs = intercepts > 0 ? intercepts : std::max<int64_t>(labels, 1);
  const Term scores = linear(c, rows_of(c), outputs);
  const std::string transform = post_transform(c);
  if (outputs > 1) {
    c.set_output(0, class_labels(c, arg_largest(scores, 1, false)));
    return c.set_output(1, post_transformed(scores, transform));
  }
  // One score that says how much the second of two classes is the right one.
  const Term is_second = cast(squeeze(scores, {1}) > 0, DataType::kINT64);
  c.set_output(0, class_labels(c, is_second));
  if (transform == "LOGISTIC") return c.set_output(1, join({sigmoid(-scores), sigmoid(scores)}, 1));
  if (transform == "PROBIT" || labels != 2) return c.set_output(1, post_transformed(scores, transform));
  c.set_output(1, post_transformed(join({-scores, scores}, 1), transform));
}

namespace {

/// Similarity of every row with every support vector, [N, vectors].
Term kernel(ImporterContext& c, Term x, int64_t vectors) {
  const std::vector<float> values = c.attribute_floats("support_vectors");
  const auto count = static_cast<int64_t>(values.size());
  if (vectors < 1 || count % vectors != 0)
    refuse(ParserCode::kINVALID_NODE)(count, " numbers for ", vectors, " support vectors");
  const Term support = floats(c, {vectors, count / vectors}, values, "support_vectors");
  std::vector<float> parameters = c.attribute_floats("kernel_params");
  parameters.resize(3, 0);
  const double gamma = parameters[0], offset = parameters[1], degree = parameters[2];
  const std::string type = c.attribute_string("kernel_type", "LINEAR");
  const Term dot = matmul(x, support, false, true);
  if (type == "LINEAR") return dot;
  if (type == "POLY") return power(dot * gamma + offset, degree);
  if (type == "SIGMOID") return tanh(dot * gamma + offset);
  if (type != "RBF") refuse(ParserCode::kINVALID_NODE)("the attribute 'kernel_type' is '", type, "'");
  const Term difference = unsqueeze(x, {1}) - unsqueeze(support, {0});
  return exp(sum(difference * difference, {2}, false) * -gamma);
}

std::vector<float> coefficients_of(ImporterContext& c) {
  const std::vector<float> values = c.attribute_floats("coefficients");
  if (values.empty()) refuse(ParserCode::kINVALID_NODE)("the attribute 'coefficients' is missing");
  return values;
}

/// The first number of rho, which is subtracted from no distance but added to it.
double rho_of(ImporterContext& c, size_t i) {
  const std::vector<float> rho = c.attribute_floats("rho");
  if (i >= rho.size()) refuse(ParserCode::kINVALID_NODE)("'rho' has ", rho.size(), " numbers");
  return rho[i];
}

}  // namespace

void import_svm_regressor(ImporterContext& c) {
  const Term x = rows_of(c);
  const int64_t vectors = c.attribute_int("n_supports", 0);
  const std::vector<float> weights = coefficients_of(c);
  const auto count = static_cast<int64_t>(weights.size());
  const Term similarity = vectors > 0 ? kernel(c, x, vectors) : x;
  Term y = matmul(similarity, floats(c, {1, count}, weights, "coefficients"), false, true) + rho_of(c, 0);
  if (c.attribute_bool("one_class", false)) {
    const Term inside = y > 0;
    y = select(inside, y.number(1), y.number(-1));
  }
  c.set_output(0, post_transformed(y, post_transform(c)));
}

namespace {

/// Decisions between every two classes, [N, 1] each, in the order (0, 1), (0, 2) … (1, 2) …
std::vector<Term> pair_decisions(ImporterContext& c, Term similarity, const std::vector<int64_t>& per_class) {
  const std::vector<float> weights = coefficients_of(c);
  const size_t classes = per_class.size();
  const int64_t vectors = std::accumulate(per_class.begin(), per_class.end(), int64_t{0});
  if (static_cast<int64_t>(weights.size()) != vectors * static_cast<int64_t>(classes - 1))
    refuse(ParserCode::kINVALID_NODE)(weights.size(), " coefficients for ", vectors, " support vectors of ", classes,
                                      " classes");
  std::vector<int64_t> first(classes, 0);
  std::partial_sum(per_class.begin(), per_class.end() - 1, first.begin() + 1);
  std::vector<Term> decisions;
  for (size_t i = 0; i < classes; ++i)
    for (size_t j = i + 1; j < classes; ++j) {
      // Vectors of class i use the row of j, those of j the row of i.
      std::vector<float> column(static_cast<size_t>(vectors), 0.0F);
      const auto fill = [&](size_t of, size_t row) {
        for (int64_t k = first[of]; k < first[of] + per_class[of]; ++k)
          column[static_cast<size_t>(k)] = weights[row * static_cast<size_t>(vectors) + static_cast<size_t>(k)];
      };
      fill(i, j - 1);
      fill(j, i);
      decisions.push_back(matmul(similarity, floats(c, {vectors, 1}, column, "pair")) + rho_of(c, decisions.size()));
    }
  return decisions;
}

}  // namespace

/// One class against each other; the one that most decisions are for wins.
void import_svm_classifier(ImporterContext& c) {
  const Term x = rows_of(c);
  const std::string transform = post_transform(c);
  const std::vector<int64_t> per_class = c.attribute_ints("vectors_per_class");
  const int64_t labels = num_class_labels(c);
  if (per_class.empty()) {  // a linear machine, with a score for each class
    const auto count = static_cast<int64_t>(coefficients_of(c).size());
    if (labels < 1 || count % labels != 0)
      refuse(ParserCode::kINVALID_NODE)(count, " coefficients, ", labels, " classes");
    const Term scores =
        matmul(x, floats(c, {labels, count / labels}, coefficients_of(c), "coefficients"), false, true) + rho_of(c, 0);
    c.set_output(0, class_labels(c, arg_largest(scores, 1, false)));
    return c.set_output(1, post_transformed(scores, transform));
  }
  const size_t classes = per_class.size();
  if (classes < 2 || static_cast<int64_t>(classes) != labels)
    refuse(ParserCode::kINVALID_NODE)(classes, " classes have vectors, ", labels, " have labels");
  for (const int64_t n : per_class)
    if (n < 0 || n > INT32_MAX) refuse(ParserCode::kINVALID_NODE)("'vectors_per_class' holds ", n);
  const std::vector<float> prob_a = c.attribute_floats("prob_a"), prob_b = c.attribute_floats("prob_b");
  if (!prob_a.empty() && classes > 2)
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)(
        "probabilities of more than two classes are found by iteration, which is not supported; leave out prob_a");
  const int64_t vectors = std::accumulate(per_class.begin(), per_class.end(), int64_t{0});
  const std::vector<Term> decisions = pair_decisions(c, kernel(c, x, vectors), per_class);
  std::vector<Term> votes;
  for (size_t k = 0; k < classes; ++k) {
    std::optional<Term> total;
    size_t pair = 0;
    for (size_t i = 0; i < classes; ++i)
      for (size_t j = i + 1; j < classes; ++j, ++pair) {
        if (k != i && k != j) continue;
        const Term won = decisions[pair] > 0;
        const Term vote = cast(k == i ? won : !won, DataType::kINT32);
        total = total ? *total + vote : vote;
      }
    votes.push_back(*total);
  }
  const Term all_votes = join(votes, 1);
  if (prob_a.empty()) {
    c.set_output(0, class_labels(c, arg_largest(all_votes, 1, false)));
    if (classes == 2) {
      // The specification leaves the signs open; ONNX Runtime and the reference evaluator have them so.
      const Term score = decisions[0];
      return c.set_output(1, post_transformed(join({-score, score}, 1), transform));
    }
    return c.set_output(1, post_transformed(join(decisions, 1), transform));
  }
  // J. Platt's sigmoid, fitted to the decisions.
  if (prob_b.empty()) refuse(ParserCode::kINVALID_NODE)("'prob_b' is missing");
  const Term first = sigmoid(-(decisions[0] * static_cast<double>(prob_a[0]) + static_cast<double>(prob_b[0])));
  const Term probability = join({first, 1.0 - first}, 1);
  c.set_output(0, class_labels(c, arg_largest(probability, 1, false)));
  c.set_output(1, post_transformed(probability, transform));
}

}  // namespace dvt::onnx
