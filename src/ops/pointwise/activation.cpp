#include "ops/pointwise/activation.h"

#include "ops/pointwise/lower.h"
#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "activation";
constexpr std::string_view kTypes[] = {
    "relu",     "sigmoid",   "tanh",       "leaky_relu",   "elu",         "selu",
    "softsign", "softplus",  "clip",       "hard_sigmoid", "scaled_tanh", "thresholded_relu",
    "gelu_erf", "gelu_tanh", "hard_swish", "silu",         "celu",        "mish"};
}  // namespace

std::vector<TensorType> infer(const Activation& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  const bool takes_integers = op.type == Activation::Type::relu || op.type == Activation::Type::clip;
  if (!is_floating(x.dtype) && !(takes_integers && is_integer(x.dtype)))
    reject(kName, kTypes[static_cast<size_t>(op.type)], " takes floating point", takes_integers ? " or integers" : "",
           ", got ", x);
  if (op.type == Activation::Type::celu && op.alpha == 0) reject(kName, "alpha of celu must not be 0");
  return {x};
}

void reference(const Activation& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const DType type = in[0].dtype();
  evaluate_pointwise(*lower_to_expr(op, std::span(&type, 1)), in, out[0]);
}

Cost cost(const Activation& op, std::span<const TensorType> in, std::span<const TensorType> out,
          const SymbolValues& at) {
  // A transcendental function costs about ten multiply-adds wherever it is computed by a polynomial.
  const bool cheap = op.type == Activation::Type::relu || op.type == Activation::Type::clip ||
                     op.type == Activation::Type::leaky_relu || op.type == Activation::Type::hard_sigmoid ||
                     op.type == Activation::Type::thresholded_relu || op.type == Activation::Type::hard_swish;
  return traffic(in, out, at, cheap ? 2 : 20);
}

void visit_fields(Activation& op, FieldVisitor& v) {
  v.choice("type", op.type, kTypes);
  v.field("alpha", op.alpha);
  v.field("beta", op.beta);
}

}  // namespace dvt::ops
