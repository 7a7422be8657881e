// Moves constant per-channel factors towards the weights:
//   mul(conv(x, w), s)        ->  conv(x, w * s)
//   mul(add(y, b), s)         ->  add(mul(y, s), b * s)      when y is a convolution or matmul read once
//   add(add(y, b1), b2)       ->  add(y, b1 + b2)
// Runs after lower_batch_norm; fold_constants then computes b * s and b1 + b2.
#include "ops/matrix/matmul.h"
#include "ops/nn/conv.h"
#include "passes/match.h"
#include "passes/simplify/simplify.h"

namespace dvt::passes {
namespace {

using expr::ExprOp;

bool has_weights(const ir::Value* v) {
  const ir::Node* n = v->producer();
  return n && (n->as<ops::Conv>() || n->as<ops::MatMul>()) && n->input(1)->is_constant() && v->num_uses() == 1;
}

// w[M, C, k...] times s[1, M, 1...] as a constant expression that folds: w * reshape(s, [M, 1, 1...]).
std::optional<ir::Patch> scale_conv(const ir::Node& mul) {
  const ir::Node* conv = producer_as<ops::Conv>(mul.input(0));
  const ir::Value& s = *mul.input(1);
  if (!conv || !has_weights(mul.input(0)) || !s.is_constant() || !same_shape(*mul.input(0), *mul.output()))
    return std::nullopt;
  const ir::Value& w = *conv->input(1);
  const int64_t maps = w.shape()[0].constant();
  if (!is_per_channel(s, mul.output()->rank(), maps)) return std::nullopt;
  ir::Patch patch;
  std::vector<int64_t> dims(static_cast<size_t>(w.rank()), 1);
  if (s.shape().volume().constant() == maps) dims[0] = maps;
  ir::Value* factors = add_reshape(patch, mul.input(1), dims);
  ir::Value* weights = add_binary(patch, ExprOp::mul, conv->input(1), factors);
  patch.replace(mul.output(), patch.add(conv->op(), {conv->input(0), weights}));
  return patch;
}

std::optional<ir::Patch> scale_sum(const ir::Node& mul) {
  const ir::Node* sum = producer_elementwise(mul.input(0), ExprOp::add);
  if (!sum || mul.input(0)->num_uses() != 1 || !sum->input(1)->is_constant() || !mul.input(1)->is_constant() ||
      !has_weights(sum->input(0)) || !same_shape(*sum->input(0), *mul.output()))
    return std::nullopt;
  ir::Patch patch;
  ir::Value* scaled = add_binary(patch, ExprOp::mul, sum->input(0), mul.input(1));
  ir::Value* bias = add_binary(patch, ExprOp::mul, sum->input(1), mul.input(1));
  patch.replace(mul.output(), add_binary(patch, ExprOp::add, scaled, bias));
  return patch;
}

std::optional<ir::Patch> join_sums(const ir::Node& sum) {
  const ir::Node* inner = producer_elementwise(sum.input(0), ExprOp::add);
  if (!inner || sum.input(0)->num_uses() != 1 || !inner->input(1)->is_constant() || !sum.input(1)->is_constant() ||
      !same_shape(*inner->input(0), *sum.output()))
    return std::nullopt;
  ir::Patch patch;
  ir::Value* both = add_binary(patch, ExprOp::add, inner->input(1), sum.input(1));
  patch.replace(sum.output(), add_binary(patch, ExprOp::add, inner->input(0), both));
  return patch;
}

std::optional<ir::Patch> rewrite(const ir::Node& n) {
  if (!is_floating(n.output()->dtype())) return std::nullopt;
  const ExprOp op = n.as<ops::Elementwise>()->op;
  if (op == ExprOp::add) return join_sums(n);
  if (op != ExprOp::mul) return std::nullopt;
  auto patch = scale_conv(n);
  return patch ? std::move(patch) : scale_sum(n);
}

}  // namespace

Pass fold_scale_into_weights() {
  return rewrite_pass<ops::Elementwise>("fold-scale-into-weights",
                                        "constant factors after a convolution go into its weights", &rewrite);
}

}  // namespace dvt::passes
