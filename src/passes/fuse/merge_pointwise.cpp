// pointwise(…, pointwise(a, b), …) -> one pointwise, when nobody else reads the inner result and it has the shape of
// the outer one (a smaller, broadcast one would be computed again for every element). Runs after to_pointwise.
#include <algorithm>

#include "ops/pointwise/pointwise.h"
#include "passes/fuse/fuse.h"
#include "passes/fuse/program.h"
#include "passes/match.h"

namespace dvt::passes {
namespace {

std::optional<ir::Patch> emit(const ir::Node& n, BoundProgram p) {
  ir::Patch patch;
  // A program of constants alone has no operand to take the shape from; fold_constants deals with such nodes.
  if (p.operands.empty()) return std::nullopt;
  ir::Value* v = patch.add(ops::Pointwise{}, p.operands, std::move(p.program));
  if (!same_shape(*v, *n.output())) return std::nullopt;  // an operand that is now an immediate gave the shape
  patch.replace(n.output(), v);
  return patch;
}

std::optional<ir::Patch> rewrite(const ir::Node& n) {
  const BoundProgram outer{n.epilogue(), n.inputs()};
  for (ir::Value* v : n.inputs()) {
    const ir::Node* inner = producer_as<ops::Pointwise>(v);
    if (!inner || !only_read_by(*v, n) || !same_shape(*v, *n.output())) continue;
    auto merged = inline_program(outer, v, {inner->epilogue(), inner->inputs()});
    if (merged)
      if (auto patch = emit(n, std::move(*merged))) return patch;
  }
  BoundProgram normal = normalize_operands(outer);
  if (normal.operands == outer.operands) return std::nullopt;
  return emit(n, std::move(normal));
}

}  // namespace

Pass merge_pointwise() {
  return rewrite_pass<ops::Pointwise>("merge-pointwise",
                                      "a pointwise node read by one pointwise node joins its program", &rewrite);
}

}  // namespace dvt::passes
