// matmul(softmax(scale * q k^T + mask), v) -> attention(q, k, v, mask). The scale may stand on the scores, on q, on k,
// or split between q and k; rows that are masked out entirely may be guarded by where(isnan(p), 0, p). Heads that were
// folded into the batch (rank 3) stay folded: they become one head per batch entry. Runs before to_pointwise.
#include <cmath>

#include "ops/data/reshape.h"
#include "ops/data/transpose.h"
#include "ops/matrix/matmul.h"
#include "ops/nn/attention.h"
#include "ops/nn/softmax.h"
#include "passes/fuse/fuse.h"
#include "passes/match.h"

namespace dvt::passes {
namespace {

using expr::ExprOp;

/// v = scale * value, read once at each step.
struct Scaled {
  ir::Value* value;
  double scale = 1;
};
Scaled strip_scale(ir::Value* v) {
  Scaled s{v};
  for (int depth = 0; depth < 4; ++depth) {
    const ir::Node* n = producer_as<ops::Elementwise>(s.value);
    const auto c = n ? with_constant(*n) : std::nullopt;
    if (!c || s.value->num_uses() != 1 || !same_shape(*c->value, *s.value)) break;
    const ExprOp op = n->as<ops::Elementwise>()->op;
    if (op == ExprOp::mul)
      s.scale *= c->constant;
    else if (op == ExprOp::div && c->constant_on_right && c->constant != 0)
      s.scale /= c->constant;
    else
      break;
    s.value = c->value;
  }
  return s;
}

/// where(isnan(p), 0, p) -> p.
const ir::Value* strip_nan_guard(const ir::Value* v) {
  const ir::Node* select = producer_elementwise(v, ExprOp::select);
  const ir::Node* nan = select ? producer_elementwise(select->input(0), ExprOp::is_nan) : nullptr;
  const bool guard = nan && nan->input(0) == select->input(2) && splat_value(*select->input(1)) == 0.0;
  return guard ? select->input(2) : v;
}

const ir::Node* softmax_of_scores(const ir::Value* v) {
  const ir::Node* n = producer_as<ops::Softmax>(strip_nan_guard(v));
  if (!n) return nullptr;
  const auto& s = *n->as<ops::Softmax>();
  return !s.log && normalize_axis(s.axis, n->input(0)->rank()) == n->input(0)->rank() - 1 ? n : nullptr;
}

ir::Value* swap_last_two(ir::Patch& patch, ir::Value* v) {
  ops::Transpose t;
  for (int i = 0; i < v->rank(); ++i) t.perm.push_back(i);
  std::swap(t.perm[t.perm.size() - 1], t.perm[t.perm.size() - 2]);
  return patch.add(t, {v});
}

/// The matmul q k^T below a softmax, its mask (or nullptr) and its scale.
struct Scores {
  const ir::Node* matmul;
  ir::Value* mask;
  double scale;
};
/// Whether a mask leaves the scores' shape as it is. The product with v takes as many scores as v has positions, those
/// of k: a mask that might spread them along the last axis cannot.
bool keeps_shape(const ir::Value& product, const ir::Value& masked) {
  if (product.rank() != masked.rank()) return false;
  for (int i = 0; i + 1 < product.rank(); ++i)
    if (!(product.shape()[i] == masked.shape()[i])) return false;
  return true;
}

std::optional<Scores> match_scores(ir::Value* scores) {
  const ir::Node* direct = producer_as<ops::MatMul>(strip_scale(scores).value);
  if (direct) return Scores{direct, nullptr, strip_scale(scores).scale};
  const ir::Node* add = producer_elementwise(scores, ExprOp::add);
  if (!add || scores->num_uses() != 1) return std::nullopt;
  for (int i : {0, 1}) {
    const Scaled s = strip_scale(add->input(i));
    const ir::Node* matmul = producer_as<ops::MatMul>(s.value);
    if (matmul && keeps_shape(*s.value, *scores)) return Scores{matmul, add->input(1 - i), s.scale};
  }
  return std::nullopt;
}

/// [B, S, D] -> [B, 1, S, D].
ir::Value* with_one_head(ir::Patch& patch, ir::Value* v) {
  if (v->rank() == 4) return v;
  std::vector<Dim> dims = v->shape().dims();
  dims.insert(dims.begin() + 1, Dim(1));
  return patch.add(ops::Reshape{dims, true}, {v});
}

/// The mask with one axis per axis of the scores; nothing when it has too many.
std::optional<ir::Value*> mask_of_rank_4(ir::Patch& patch, ir::Value* mask, int scores_rank) {
  std::vector<Dim> dims = mask->shape().dims();
  if (static_cast<int>(dims.size()) > scores_rank) return std::nullopt;
  while (static_cast<int>(dims.size()) < scores_rank) dims.insert(dims.begin(), Dim(1));
  if (scores_rank == 3) dims.insert(dims.begin() + 1, Dim(1));
  if (static_cast<int>(dims.size()) == mask->rank()) return mask;
  return patch.add(ops::Reshape{dims, true}, {mask});
}

std::optional<ir::Patch> rewrite(const ir::Node& n, const Options& options) {
  const auto* outer = n.as<ops::MatMul>();
  if (!outer || outer->transpose_a || n.has_epilogue()) return std::nullopt;
  const ir::Node* softmax = softmax_of_scores(n.input(0));
  if (!softmax || softmax->output()->rank() < 3 || softmax->output()->rank() > 4) return std::nullopt;
  const auto scores = match_scores(softmax->input(0));
  if (!scores || scores->matmul->as<ops::MatMul>()->transpose_a) return std::nullopt;
  const int rank = softmax->output()->rank();
  const Scaled q = strip_scale(scores->matmul->input(0)), k = strip_scale(scores->matmul->input(1));
  if (q.value->rank() != rank || k.value->rank() != rank || n.input(1)->rank() != rank) return std::nullopt;

  ir::Patch patch;
  const bool k_is_transposed = !scores->matmul->as<ops::MatMul>()->transpose_b;
  ir::Value* keys = k_is_transposed ? swap_last_two(patch, k.value) : k.value;
  ir::Value* values = outer->transpose_b ? swap_last_two(patch, n.input(1)) : n.input(1);
  // Grouped heads are told from broadcasting by the op itself, so batch and heads must agree here.
  for (int i = 0; i < rank - 2; ++i)
    if (!(q.value->shape()[i] == keys->shape()[i]) || !(keys->shape()[i] == values->shape()[i])) return std::nullopt;
  if (!same_shape(*softmax->output(), *scores->matmul->output()) &&
      !(keys->shape()[rank - 2] == values->shape()[rank - 2]))
    return std::nullopt;
  ops::Attention op;
  op.scale = scores->scale * q.scale * k.scale;
  std::vector<ir::Value*> inputs = {with_one_head(patch, q.value), with_one_head(patch, keys),
                                    with_one_head(patch, values)};
  if (scores->mask) {
    const auto mask = mask_of_rank_4(patch, scores->mask, rank);
    if (!mask) return std::nullopt;
    inputs.push_back(*mask);
  }
  if (options.has_kernel && !options.has_kernel(op, inputs, static_cast<int>(inputs.size()), {})) return std::nullopt;
  ir::Value* y = patch.add(op, inputs);
  if (rank == 3) y = patch.add(ops::Reshape{n.output()->shape().dims(), true}, {y});
  patch.replace(n.output(), y);
  return patch;
}

}  // namespace

Pass recognize_attention() {
  return rewrite_pass("recognize-attention", "matmul, scale, mask, softmax, matmul -> attention", &rewrite);
}

}  // namespace dvt::passes
