// pointwise(reshape(matmul(a, b)), others…)  ->  reshape(pointwise(matmul(a, b), others'…))
// when nobody else reads the product, so that the program can ride as its epilogue: exporters fold batch and positions
// into rows for a Gemm. The other operands have the result's shape, one element, or one for each column of a last axis
// that the reshape keeps. Runs before fuse_epilogue.
#include "ops/data/reshape.h"
#include "ops/matrix/matmul.h"
#include "ops/pointwise/pointwise.h"
#include "passes/fuse/fuse.h"
#include "passes/match.h"

namespace dvt::passes {
namespace {

ir::Value* reshaped(ir::Patch& patch, ir::Value* v, const Shape& shape) {
  return v->shape() == shape ? v : patch.add(ops::Reshape{shape.dims(), true}, {v});
}

/// All dims but the last are 1.
bool is_row(const Shape& s) {
  for (int i = 0; i + 1 < s.rank(); ++i)
    if (!(s[i] == Dim(1))) return false;
  return true;
}

/// `v` as an operand of a program over `to` that stands for its operand over `from`; nullptr when there is none.
ir::Value* operand(ir::Patch& patch, ir::Value* v, const Shape& from, const Shape& to) {
  if (v->shape() == from) return reshaped(patch, v, to);
  if (v->rank() == 0) return v;
  const Dim last = v->shape()[v->rank() - 1];
  if (!is_row(v->shape())) return nullptr;
  const bool fits = last == Dim(1) || (last == from[from.rank() - 1] && last == to[to.rank() - 1]);
  return fits ? reshaped(patch, v, Shape{last}) : nullptr;
}

std::optional<ir::Patch> rewrite(const ir::Node& n) {
  for (ir::Value* v : n.inputs()) {
    const ir::Node* reshape = producer_as<ops::Reshape>(v);
    if (!reshape || reshape->num_inputs() != 1 || !only_read_by(*v, n) || !same_shape(*v, *n.output())) continue;
    ir::Value* product = reshape->input(0);
    const ir::Node* matmul = producer_as<ops::MatMul>(product);
    if (!matmul || matmul->has_epilogue() || !only_read_by(*product, *reshape) || product->rank() < 1) continue;
    ir::Patch patch;
    std::vector<ir::Value*> inputs;
    for (ir::Value* other : n.inputs()) {
      inputs.push_back(other == v ? product : operand(patch, other, v->shape(), product->shape()));
      if (!inputs.back()) break;
    }
    if (!inputs.back()) continue;
    ir::Value* y = patch.add(ops::Pointwise{}, inputs, n.epilogue());
    if (!same_shape(*y, *product)) continue;
    patch.replace(n.output(), patch.add(ops::Reshape{n.output()->shape().dims(), true}, {y}));
    return patch;
  }
  return std::nullopt;
}

}  // namespace

Pass reshape_after_pointwise() {
  return rewrite_pass<ops::Pointwise>("reshape-after-pointwise",
                                      "a pointwise node after a reshaped matmul goes before the reshape", &rewrite);
}

}  // namespace dvt::passes
