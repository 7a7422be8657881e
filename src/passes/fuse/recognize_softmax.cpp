// div(exp(sub(x, reduce_max(x, axis))), reduce_sum(exp(...), axis))  ->  softmax(x, axis); the subtraction of the
// maximum may be missing. Runs before to_pointwise.
#include "ops/nn/softmax.h"
#include "ops/reduce/reduce.h"
#include "passes/fuse/fuse.h"
#include "passes/match.h"

namespace dvt::passes {
namespace {

using expr::ExprOp;
using Kind = ops::Reduce::Kind;

/// The one reduced axis of a keep_dims reduction of `kind`.
std::optional<int> reduced_axis(const ir::Node* n, Kind kind) {
  if (!n) return std::nullopt;
  const auto* r = n->as<ops::Reduce>();
  if (!r || r->kind != kind || !r->keep_dims || r->axes.size() != 1) return std::nullopt;
  return normalize_axis(r->axes[0], n->input(0)->rank());
}

std::optional<ir::Patch> rewrite(const ir::Node& div) {
  if (div.as<ops::Elementwise>()->op != ExprOp::div) return std::nullopt;
  const ir::Node* exp = producer_elementwise(div.input(0), ExprOp::exp);
  const ir::Node* sum = div.input(1)->producer();
  const auto axis = reduced_axis(sum, Kind::sum);
  if (!exp || !axis || sum->input(0) != div.input(0)) return std::nullopt;
  ir::Value* x = exp->input(0);
  if (const ir::Node* sub = producer_elementwise(x, ExprOp::sub))
    if (const ir::Node* max = sub->input(1)->producer();
        reduced_axis(max, Kind::max) == axis && max->input(0) == sub->input(0))
      x = sub->input(0);
  ir::Patch patch;
  patch.replace(div.output(), patch.add(ops::Softmax{*axis}, {x}));
  return patch;
}

}  // namespace

Pass recognize_softmax() {
  return rewrite_pass<ops::Elementwise>("recognize-softmax", "exp(x - max) / sum -> softmax", &rewrite);
}

}  // namespace dvt::passes
