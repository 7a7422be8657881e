// One step of an optimizer (ai.onnx.preview.training): inputs are the rate R, the step T, then the tensors, their
// gradients and their states, each as one group.
#include <cmath>

#include "onnx/import/importers.h"
#include "onnx/term.h"

namespace dvt::onnx {
namespace {

/// Number of tensors that are optimized when each has `groups` inputs.
int tensors(ImporterContext& c, int groups) {
  const int rest = c.num_inputs() - 2;
  if (rest < groups || rest % groups != 0)
    refuse(ParserCode::kINVALID_NODE)(c.num_inputs(), " inputs; there must be 2 and ", groups, " for every tensor");
  return rest / groups;
}

Term as_float(ImporterContext& c, int input, DataType type) { return cast(Term(c, input), type); }

}  // namespace

void import_adagrad(ImporterContext& c) {
  const int n = tensors(c, 3);
  const float decay = c.attribute_float("decay_factor", 0), epsilon = c.attribute_float("epsilon", 0),
              norm = c.attribute_float("norm_coefficient", 0);
  for (int i = 0; i < n; ++i) {
    const Term x(c, 2 + i), gradient(c, 2 + n + i), squares(c, 2 + 2 * n + i);
    const Term rate = as_float(c, 0, x.type()) / (as_float(c, 1, x.type()) * decay + 1);
    const Term g = x * norm + gradient;
    const Term sum_of_squares = squares + g * g;
    c.set_output(i, x - rate * g / (sqrt(sum_of_squares) + epsilon));
    c.set_output(n + i, sum_of_squares);
  }
}

void import_adam(ImporterContext& c) {
  const int n = tensors(c, 4);
  const float alpha = c.attribute_float("alpha", 0.9F), beta = c.attribute_float("beta", 0.999F),
              epsilon = c.attribute_float("epsilon", 0), norm = c.attribute_float("norm_coefficient", 0),
              norm_after = c.attribute_float("norm_coefficient_post", 0);
  for (int i = 0; i < n; ++i) {
    const Term x(c, 2 + i), gradient(c, 2 + n + i), v(c, 2 + 2 * n + i), h(c, 2 + 3 * n + i);
    const Term g = x * norm + gradient;
    const Term v_new = v * alpha + g * (1.0 - alpha), h_new = h * beta + g * g * (1.0 - beta);
    const Term rate = as_float(c, 0, x.type()), step = as_float(c, 1, x.type());
    // From the first step on, the averages are corrected for having started at 0.
    const Term corrected = rate * sqrt(1.0 - exp(step * std::log(beta))) / (1.0 - exp(step * std::log(alpha)));
    const Term used = select(step > 0, corrected, rate);
    c.set_output(i, (x - used * v_new / (sqrt(h_new) + epsilon)) * (1.0 - norm_after));
    c.set_output(n + i, v_new);
    c.set_output(2 * n + i, h_new);
  }
}

void import_momentum(ImporterContext& c) {
  const int n = tensors(c, 3);
  const float alpha = c.attribute_float("alpha", 0), beta = c.attribute_float("beta", 0),
              norm = c.attribute_float("norm_coefficient", 0);
  const std::string mode = c.attribute_string("mode", "standard");
  if (mode != "standard" && mode != "nesterov")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'mode' must be standard or nesterov, got '", mode, "'");
  for (int i = 0; i < n; ++i) {
    const Term x(c, 2 + i), gradient(c, 2 + n + i), v(c, 2 + 2 * n + i);
    const Term g = x * norm + gradient, rate = as_float(c, 0, x.type()), step = as_float(c, 1, x.type());
    const Term share = select(step > 0, step.number(beta), step.number(1));
    const Term v_new = v * alpha + g * share;
    c.set_output(i, x - rate * (mode == "nesterov" ? g + v_new * alpha : v_new));
    c.set_output(n + i, v_new);
  }
}

void import_gradient(ImporterContext& c) {
  c.allow_attributes({"xs", "zs", "y"});
  const std::vector<std::string> xs = c.attribute_strings("xs"), zs = c.attribute_strings("zs");
  if (xs.empty() || static_cast<size_t>(c.num_inputs()) != xs.size() + zs.size() ||
      static_cast<size_t>(c.num_outputs()) > xs.size())
    refuse(ParserCode::kINVALID_NODE)("there are ", c.num_inputs(), " inputs and ", c.num_outputs(),
                                      " outputs; the attributes name ", xs.size(), " xs and ", zs.size(), " zs");
  const std::vector<Value> gradients = c.gradients(xs, zs, c.attribute_string("y", ""));
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, gradients[static_cast<size_t>(i)]);
}

}  // namespace dvt::onnx
