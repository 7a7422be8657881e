// elementwise, activation and cast become op `pointwise` with their program, so that merging has one form to deal with.
// Runs after the recognitions, before merge_pointwise.
#include "ops/pointwise/lower.h"
#include "ops/pointwise/pointwise.h"
#include "passes/fuse/fuse.h"

namespace dvt::passes {
namespace {

std::optional<ir::Patch> rewrite(const ir::Node& n, const Options&) {
  if (n.op().id() == ops::OpId::pointwise || n.inputs().empty() || n.has_epilogue()) return std::nullopt;
  std::vector<DType> types;
  for (const ir::Value* v : n.inputs()) types.push_back(v->dtype());
  std::optional<expr::Expr> program = ops::lower_to_expr(n.op(), types);
  if (!program || program->is_identity()) return std::nullopt;
  ir::Patch patch;
  patch.replace(n.output(), patch.add(ops::Pointwise{}, n.inputs(), std::move(*program)));
  return patch;
}

}  // namespace

Pass to_pointwise() {
  return rewrite_pass("to-pointwise", "elementwise, activation, cast -> pointwise with a program", &rewrite);
}

}  // namespace dvt::passes
