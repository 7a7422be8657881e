#include "ops/nn/recurrent_activation.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

#include "ops/support.h"

namespace dvt::ops {
namespace {

struct Row {
  std::string_view name;
  double alpha, beta;  // when they are left out
};
// In the order of Function::Kind.
constexpr Row kFunctions[] = {
    {"relu", 0, 0},         {"tanh", 0, 0},
    {"sigmoid", 0, 0},      {"affine", 1, 0},
    {"leakyrelu", 0.01, 0}, {"thresholdedrelu", 1, 0},
    {"scaledtanh", 1, 1},   {"hardsigmoid", 0.2, 0.5},
    {"elu", 1, 0},          {"softsign", 0, 0},
    {"softplus", 0, 0},
};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

double number(std::string_view op, std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    reject(op, "'", text.substr(0, 40), "' is no parameter of an activation");
  return value;
}

}  // namespace

RecurrentActivations::Function RecurrentActivations::parse(std::string_view op, std::string_view text) {
  const std::vector<std::string_view> parts = split(text, ':');
  const auto* row =
      std::find_if(std::begin(kFunctions), std::end(kFunctions), [&](const Row& r) { return r.name == parts[0]; });
  if (row == std::end(kFunctions)) reject(op, "there is no activation '", parts[0].substr(0, 40), "'");
  Function f{static_cast<Function::Kind>(row - kFunctions), row->alpha, row->beta};
  if (parts.size() > 1) f.alpha = number(op, parts[1]);
  if (parts.size() > 2) f.beta = number(op, parts[2]);
  return f;
}

RecurrentActivations::RecurrentActivations(std::string_view op, std::string_view text,
                                           std::vector<std::string_view> usual, int directions)
    : per_direction_(usual.size()) {
  if (!text.empty()) usual = split(text, ',');
  for (const std::string_view name : usual) functions_.push_back(parse(op, name));
  const size_t needed = per_direction_ * static_cast<size_t>(directions);
  if (functions_.size() == per_direction_)  // one set for both directions
    for (size_t i = per_direction_; i < needed; ++i) functions_.push_back(functions_[i - per_direction_]);
  if (functions_.size() != needed) reject(op, "needs ", needed, " activations, got ", functions_.size());
}

double RecurrentActivations::operator()(int direction, int function, double x) const {
  const Function& f = functions_[static_cast<size_t>(direction) * per_direction_ + static_cast<size_t>(function)];
  switch (f.kind) {
    case Function::Kind::relu:
      return std::max(x, 0.0);
    case Function::Kind::tanh:
      return std::tanh(x);
    case Function::Kind::sigmoid:
      return 1 / (1 + std::exp(-x));
    case Function::Kind::affine:
      return f.alpha * x + f.beta;
    case Function::Kind::leaky_relu:
      return x >= 0 ? x : f.alpha * x;
    case Function::Kind::thresholded_relu:
      return x > f.alpha ? x : 0;
    case Function::Kind::scaled_tanh:
      return f.alpha * std::tanh(f.beta * x);
    case Function::Kind::hard_sigmoid:
      return std::clamp(f.alpha * x + f.beta, 0.0, 1.0);
    case Function::Kind::elu:
      return x >= 0 ? x : f.alpha * (std::exp(x) - 1);
    case Function::Kind::softsign:
      return x / (1 + std::fabs(x));
    case Function::Kind::softplus:
      return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x)));
  }
  return x;
}

}  // namespace dvt::ops
