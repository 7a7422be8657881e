#include "ops/pointwise/lower.h"

#include <cmath>

#include "ops/pointwise/activation.h"
#include "ops/pointwise/cast.h"
#include "ops/pointwise/elementwise.h"
#include "ops/support.h"

namespace dvt::ops {
namespace {

using expr::Expr;
using expr::ExprOp;

/// Writes one activation as a program over a single operand, in the type it is computed in.
class ActivationWriter {
 public:
  ActivationWriter(const Activation& op, Expr& e, int x, DType type) : op_(op), e_(e), x_(x), type_(type) {}

  int write() {
    using T = Activation::Type;
    switch (op_.type) {
      case T::relu:
        return one(ExprOp::relu);
      case T::sigmoid:
        return one(ExprOp::sigmoid);
      case T::tanh:
        return one(ExprOp::tanh);
      case T::gelu_erf:
        return one(ExprOp::gelu_erf);
      case T::gelu_tanh:
        return one(ExprOp::gelu_tanh);
      case T::hard_swish:
        return one(ExprOp::hard_swish);
      case T::silu:
        return one(ExprOp::silu);
      case T::leaky_relu:
        return leaky_relu();
      case T::elu:
        return positive_or(scale(op_.alpha, exp_minus_one(x_)), ExprOp::ge);
      case T::selu:
        return scale(op_.beta, positive_or(scale(op_.alpha, exp_minus_one(x_)), ExprOp::gt));
      case T::softsign:
        return two(ExprOp::div, x_, two(ExprOp::add, number(1), one(ExprOp::abs)));
      case T::softplus:
        return scale(op_.alpha, apply(ExprOp::softplus, scale(op_.beta, x_)));
      case T::clip:
        return clip(x_, op_.alpha, op_.beta);
      case T::hard_sigmoid:
        return clip(two(ExprOp::add, scale(op_.alpha, x_), number(op_.beta)), 0, 1);
      case T::scaled_tanh:
        return scale(op_.alpha, apply(ExprOp::tanh, scale(op_.beta, x_)));
      case T::thresholded_relu:
        return e_.apply(ExprOp::select, two(ExprOp::gt, x_, number(op_.alpha)), x_, number(0));
      case T::celu:
        return celu();
      case T::mish:
        return two(ExprOp::mul, x_, apply(ExprOp::tanh, one(ExprOp::softplus)));
    }
    throw Error(ErrorCode::kInternal, "activation: unknown type");
  }

 private:
  int number(double v) { return e_.constant(type_, v); }
  int apply(ExprOp op, int a) { return e_.apply(op, a); }
  int one(ExprOp op) { return e_.apply(op, x_); }
  int two(ExprOp op, int a, int b) { return e_.apply(op, a, b); }
  int scale(double factor, int a) { return factor == 1 ? a : two(ExprOp::mul, a, number(factor)); }
  int exp_minus_one(int a) { return two(ExprOp::sub, apply(ExprOp::exp, a), number(1)); }
  int positive_or(int negative_side, ExprOp comparison) {
    return e_.apply(ExprOp::select, two(comparison, x_, number(0)), x_, negative_side);
  }
  int leaky_relu() {
    if (op_.alpha == 0) return one(ExprOp::relu);
    // For slopes up to 1 the larger of the two lines is the function, without a comparison.
    if (op_.alpha > 0 && op_.alpha <= 1) return two(ExprOp::max, x_, scale(op_.alpha, x_));
    return positive_or(scale(op_.alpha, x_), ExprOp::ge);
  }
  int celu() {
    const int below = scale(op_.alpha, exp_minus_one(scale(1 / op_.alpha, x_)));
    return two(ExprOp::add, one(ExprOp::relu), two(ExprOp::min, number(0), below));
  }
  /// max(low, min(high, a)); a bound that the type cannot exceed is left out.
  int clip(int a, double low, double high) {
    if (is_integer(type_)) return clip_integer(a, low, high);
    if (!(high == INFINITY)) a = two(ExprOp::min, a, number(high));
    if (!(low == -INFINITY)) a = two(ExprOp::max, a, number(low));
    return a;
  }
  int clip_integer(int a, double low, double high) {
    constexpr double kLimit = 9223372036854774784.0;  // the largest double below 2^63
    if (high < kLimit) a = two(ExprOp::min, a, e_.constant_int(type_, saturated(std::floor(high))));
    if (low > -kLimit) a = two(ExprOp::max, a, e_.constant_int(type_, saturated(std::ceil(low))));
    return a;
  }
  /// The nearest value of the integer type, so that a wide bound does not wrap around.
  int64_t saturated(double v) const {
    const int n = bits(type_);
    const bool is_signed = dtype_class(type_) == DTypeClass::kSigned;
    const double high = std::ldexp(1.0, is_signed ? n - 1 : n) - 1, low = is_signed ? -std::ldexp(1.0, n - 1) : 0;
    v = std::fmin(std::fmax(v, low), high);
    if (v < 9223372036854775808.0) return static_cast<int64_t>(v);
    return static_cast<int64_t>(v >= 18446744073709551615.0 ? UINT64_MAX : static_cast<uint64_t>(v));
  }

  const Activation& op_;
  Expr& e_;
  int x_;
  DType type_;
};

Expr lower(const Activation& op, DType type) {
  Expr e;
  int x = e.add_input(type);
  // Several roundings to a short type would add up, so the program runs in f32 and rounds once.
  const bool widen = is_floating(type) && bits(type) < 32;
  if (widen) x = e.cast(x, DType::f32);
  int y = ActivationWriter(op, e, x, widen ? DType::f32 : type).write();
  if (widen) y = e.cast(y, type);
  e.set_result(y);
  return e;
}

Expr lower(const Cast& op, DType type) {
  Expr e;
  e.set_result(e.cast(e.add_input(type), op.to));
  return e;
}

}  // namespace

std::optional<Expr> lower_to_expr(const Op& op, std::span<const DType> inputs) {
  if (const auto* elementwise = op.as<Elementwise>()) return expr::single(elementwise->op, inputs);
  if (const auto* activation = op.as<Activation>()) return lower(*activation, inputs[0]);
  if (const auto* cast = op.as<Cast>()) return lower(*cast, inputs[0]);
  return std::nullopt;
}

void evaluate_pointwise(const Expr& program, std::span<const ReadView> inputs, WriteView output) {
  if (program.is_identity()) {
    Expr copy;
    copy.set_result(copy.add_input(inputs[0].dtype()));
    return evaluate_pointwise(copy, inputs.first(1), output);
  }
  std::vector<std::vector<int64_t>> strides;
  for (const ReadView& x : inputs) strides.push_back(broadcast_strides(x.dims(), output.dims()));
  const bool result_floats = is_floating(program.result_type());
  std::vector<expr::Scalar> operands(inputs.size());
  for_each_index(output.dims(), [&](std::span<const int64_t> index, int64_t linear) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      const int64_t at = offset_of(index, strides[i]);
      if (is_floating(inputs[i].dtype()))
        operands[i].f = inputs[i].get(at);
      else
        operands[i].i = inputs[i].get_int(at);
    }
    const expr::Scalar y = expr::evaluate(program, operands);
    if (result_floats)
      output.set(linear, y.f);
    else
      output.set_int(linear, y.i);
  });
}

void apply_epilogue(const Expr& epilogue, ReadView result, std::span<const ReadView> extra, WriteView output) {
  std::vector<ReadView> inputs{std::move(result)};
  inputs.insert(inputs.end(), extra.begin(), extra.end());
  evaluate_pointwise(epilogue, inputs, std::move(output));
}

}  // namespace dvt::ops
