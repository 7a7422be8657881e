// pointwise(y, others…) with y = conv/matmul/… read by nobody else  ->  conv/matmul/… with the program as its epilogue.
// The result keeps y's shape, so the other operands must broadcast into it, in the same way for all shapes: kernels are
// made for it. Runs after merge_pointwise.
//
// Where two such producers meet (a residual sum of two convolutions), the later one takes the sum in: its other operand
// is then already computed.
#include <algorithm>

#include "ops/pointwise/pointwise.h"
#include "passes/fuse/fuse.h"
#include "passes/fuse/program.h"
#include "passes/match.h"

namespace dvt::passes {
namespace {

bool takes_epilogue(const ir::Node& n) {
  switch (n.op().id()) {
    case ops::OpId::conv:
    case ops::OpId::deconv:
    case ops::OpId::matmul:
      return true;
    default:
      return false;
  }
}

// The operand list of an epilogue puts the op's own result first.
std::optional<ir::Patch> fuse_into(const ir::Node& n, const ir::Node& producer, const Options& options) {
  ir::Value* y = producer.output();
  BoundProgram p{n.epilogue(), n.inputs()};
  std::vector<ir::Value*> extra;
  expr::Expr program;
  std::vector<int> inputs(p.operands.size());
  const int result = program.add_input(y->dtype());
  for (size_t i = 0; i < p.operands.size(); ++i) {
    if (p.operands[i] == y) {
      inputs[i] = result;
      continue;
    }
    extra.push_back(p.operands[i]);
    inputs[i] = program.add_input(p.operands[i]->dtype());
  }
  program.set_result(program.inline_expr(p.program, inputs));
  std::vector<ir::Value*> all(producer.inputs().begin(), producer.inputs().end());
  all.insert(all.end(), extra.begin(), extra.end());
  if (options.has_kernel && !options.has_kernel(producer.op(), all, producer.num_op_inputs(), program))
    return std::nullopt;
  ir::Patch patch;
  patch.replace(n.output(), patch.add(producer.op(), all, std::move(program), producer.num_op_inputs()));
  return patch;
}

/// Each dim of `v` is that of a result of shape `y`, or 1 whatever the symbols are.
bool fits(const Shape& v, const Shape& y) {
  if (v.rank() > y.rank()) return false;
  for (int i = 1; i <= v.rank(); ++i)
    if (!(v[v.rank() - i] == Dim(1)) && !(v[v.rank() - i] == y[y.rank() - i])) return false;
  return true;
}

std::optional<ir::Patch> rewrite(const ir::Node& n, const Options& options) {
  if (!n.as<ops::Pointwise>()) return std::nullopt;
  for (auto it = n.inputs().rbegin(); it != n.inputs().rend(); ++it) {
    const ir::Node* producer = (*it)->producer();
    if (!producer || !takes_epilogue(*producer) || producer->has_epilogue()) continue;
    if (!only_read_by(**it, n) || !same_shape(**it, *n.output())) continue;
    if (!std::all_of(n.inputs().begin(), n.inputs().end(),
                     [&](const ir::Value* v) { return fits(v->shape(), (*it)->shape()); }))
      continue;
    if (auto patch = fuse_into(n, *producer, options)) return patch;
  }
  return std::nullopt;
}

}  // namespace

Pass fuse_epilogue() {
  return rewrite_pass("fuse-epilogue", "a pointwise node after a convolution or matmul rides as its epilogue",
                      &rewrite);
}

}  // namespace dvt::passes
