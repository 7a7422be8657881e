#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// y = f(x) for the activation functions of networks. Floating types; relu and clip take integers too.
struct Activation {
  static constexpr OpId kId = OpId::activation;
  enum class Type {
    relu,              ///< max(x, 0)
    sigmoid,           ///< 1 / (1 + exp(-x))
    tanh,              ///< tanh(x)
    leaky_relu,        ///< x >= 0 ? x : alpha * x
    elu,               ///< x >= 0 ? x : alpha * (exp(x) - 1)
    selu,              ///< beta * (x > 0 ? x : alpha * (exp(x) - 1))
    softsign,          ///< x / (1 + |x|)
    softplus,          ///< alpha * log(exp(beta * x) + 1)
    clip,              ///< max(alpha, min(beta, x))
    hard_sigmoid,      ///< max(0, min(1, alpha * x + beta))
    scaled_tanh,       ///< alpha * tanh(beta * x)
    thresholded_relu,  ///< x > alpha ? x : 0
    gelu_erf,          ///< x * (1 + erf(x / sqrt(2))) / 2
    gelu_tanh,         ///< x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2
    hard_swish,        ///< x * max(0, min(1, x / 6 + 0.5))
    silu,              ///< x * sigmoid(x)
    celu,              ///< max(0, x) + min(0, alpha * (exp(x / alpha) - 1))
    mish,              ///< x * tanh(softplus(x))
  };
  Type type = Type::relu;
  double alpha = 0, beta = 0;  ///< Read only where the formula above names them.
  friend bool operator==(const Activation&, const Activation&) = default;
};
DECLARE_OP(Activation);

}  // namespace dvt::ops
