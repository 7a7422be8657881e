// Layer normalization spelled out (in any of the usual ways to write the square and the root):
//   d = x - mean(x);  y = d / sqrt(mean(d^2) + eps)      ->  normalization{layer}
//   y = x / sqrt(mean(x^2) + eps)  or  x * rsqrt(...)    ->  normalization{rms}
//   normalization(x) * scale [+ bias]                    ->  normalization with them as inputs
// Runs before to_pointwise.
#include "ops/nn/normalization.h"
#include "ops/reduce/reduce.h"
#include "passes/fuse/fuse.h"
#include "passes/match.h"

namespace dvt::passes {
namespace {

using expr::ExprOp;
using ops::Normalization;

/// First axis when the reduction takes the mean over trailing axes.
std::optional<int> trailing_mean(const ir::Value* v) {
  const ir::Node* n = producer_as<ops::Reduce>(v);
  if (!n) return std::nullopt;
  const auto& r = *n->as<ops::Reduce>();
  const int rank = n->input(0)->rank(), count = static_cast<int>(r.axes.size());
  if (r.kind != ops::Reduce::Kind::mean || !r.keep_dims || count == 0) return std::nullopt;
  std::vector<bool> reduced(static_cast<size_t>(rank), false);
  for (int64_t a : r.axes) reduced[static_cast<size_t>(normalize_axis(a, rank).value_or(0))] = true;
  for (int i = rank - count; i < rank; ++i)
    if (!reduced[static_cast<size_t>(i)]) return std::nullopt;
  return rank - count;
}

bool is_square_of(const ir::Value* v, const ir::Value* d) {
  if (const ir::Node* mul = producer_elementwise(v, ExprOp::mul)) return mul->input(0) == d && mul->input(1) == d;
  const ir::Node* pow = producer_elementwise(v, ExprOp::pow);
  return pow && pow->input(0) == d && splat_value(*pow->input(1)) == 2.0;
}

/// v = sqrt(mean(d^2) + eps): the epsilon and the first axis.
struct Root {
  double epsilon;
  int axis;
};
std::optional<Root> root_mean_square(const ir::Value* radicand, const ir::Value* d) {
  const ir::Node* add = producer_elementwise(radicand, ExprOp::add);
  const auto c = add ? with_constant(*add) : std::nullopt;
  if (!c) return std::nullopt;
  const auto axis = trailing_mean(c->value);
  if (!axis || !is_square_of(c->value->producer()->input(0), d)) return std::nullopt;
  return Root{c->constant, *axis};
}

/// y = numerator / sqrt(r): the numerator and r, for div(n, sqrt(r)), mul(n, rsqrt(r)), mul(n, recip(sqrt(r))), mul(n,
/// div(1, sqrt(r))).
struct Quotient {
  ir::Value* numerator;
  ir::Value* radicand;
};
std::optional<ir::Value*> radicand_of_inverse_root(ir::Value* v) {
  if (const ir::Node* r = producer_elementwise(v, ExprOp::rsqrt)) return r->input(0);
  ir::Value* root = nullptr;
  if (const ir::Node* r = producer_elementwise(v, ExprOp::recip)) root = r->input(0);
  if (const ir::Node* d = producer_elementwise(v, ExprOp::div); d && splat_value(*d->input(0)) == 1.0)
    root = d->input(1);
  const ir::Node* sqrt = root ? producer_elementwise(root, ExprOp::sqrt) : nullptr;
  return sqrt ? std::optional(sqrt->input(0)) : std::nullopt;
}
std::vector<Quotient> quotients(const ir::Node& n) {
  const ExprOp op = n.as<ops::Elementwise>()->op;
  std::vector<Quotient> out;
  if (op == ExprOp::div)
    if (const ir::Node* sqrt = producer_elementwise(n.input(1), ExprOp::sqrt))
      out.push_back({n.input(0), sqrt->input(0)});
  if (op == ExprOp::mul)
    for (int i : {0, 1})
      if (const auto r = radicand_of_inverse_root(n.input(i))) out.push_back({n.input(1 - i), *r});
  return out;
}

std::optional<ir::Patch> recognize(const ir::Node& n) {
  for (const Quotient& q : quotients(n)) {
    const auto root = root_mean_square(q.radicand, q.numerator);
    if (!root) continue;
    Normalization op{Normalization::Kind::rms, root->axis};
    op.epsilon = root->epsilon;
    ir::Value* x = q.numerator;
    const ir::Node* sub = producer_elementwise(x, ExprOp::sub);
    if (sub && trailing_mean(sub->input(1)) == root->axis && sub->input(1)->producer()->input(0) == sub->input(0)) {
      op.kind = Normalization::Kind::layer;
      x = sub->input(0);
    }
    ir::Patch patch;
    patch.replace(n.output(), patch.add(op, {x}));
    return patch;
  }
  return std::nullopt;
}

/// `v` is a constant whose shape is that of the normalized axes (leading 1s allowed).
bool fits_normalized_axes(const ir::Value& v, const ir::Value& x, int axis) {
  if (!v.is_constant() || v.dtype() != x.dtype()) return false;
  const int normalized = x.rank() - axis;
  if (v.rank() < normalized) return false;
  for (int i = 0; i < v.rank(); ++i) {
    const int from_right = v.rank() - i;
    const Dim expected = from_right <= normalized ? x.shape()[x.rank() - from_right] : Dim(1);
    if (!(v.shape()[i] == expected)) return false;
  }
  return true;
}

std::optional<ir::Patch> absorb(const ir::Node& n, bool scale) {
  for (int i : {0, 1}) {
    const ir::Node* norm = producer_as<Normalization>(n.input(i));
    if (!norm || n.input(i)->num_uses() != 1) continue;
    Normalization op = *norm->as<Normalization>();
    if (op.kind != Normalization::Kind::layer && op.kind != Normalization::Kind::rms) continue;
    if (scale ? op.has_scale || op.has_bias : op.has_bias) continue;
    const ir::Value& x = *norm->input(0);
    const auto axis = normalize_axis(op.axis, x.rank());
    if (!axis || !fits_normalized_axes(*n.input(1 - i), x, *axis)) continue;
    (scale ? op.has_scale : op.has_bias) = true;
    ir::Patch patch;
    std::vector<int64_t> dims;
    for (int k = *axis; k < x.rank(); ++k) dims.push_back(x.shape()[k].constant());
    std::vector<ir::Value*> inputs = norm->inputs();
    inputs.push_back(add_reshape(patch, n.input(1 - i), dims));
    patch.replace(n.output(), patch.add(op, inputs));
    return patch;
  }
  return std::nullopt;
}

std::optional<ir::Patch> rewrite(const ir::Node& n) {
  const ExprOp op = n.as<ops::Elementwise>()->op;
  if (n.num_inputs() != 2) return std::nullopt;
  if (auto patch = recognize(n)) return patch;
  if (op == ExprOp::mul) return absorb(n, true);
  return op == ExprOp::add ? absorb(n, false) : std::nullopt;
}

}  // namespace

Pass recognize_normalization() {
  return rewrite_pass<ops::Elementwise>("recognize-normalization",
                                        "spelled-out layer and RMS normalization -> normalization", &rewrite);
}

}  // namespace dvt::passes
