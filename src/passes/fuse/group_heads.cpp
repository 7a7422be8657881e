// attention(q, repeat(k), repeat(v))  ->  attention(q, k, v)
// where repeat(k) = reshape(expand(reshape(k, [B, G, 1, T, D]), [B, G, R, T, D]), [B, G * R, T, D]): attention reads a
// key head for several query heads by itself. Runs after recognize_attention.
#include "ops/data/expand.h"
#include "ops/data/reshape.h"
#include "ops/nn/attention.h"
#include "passes/fuse/fuse.h"
#include "passes/match.h"

namespace dvt::passes {
namespace {

/// k where `v` is k with each head repeated, else nullptr.
ir::Value* repeated(const ir::Value& v) {
  const ir::Node* fold = producer_as<ops::Reshape>(&v);
  const ir::Node* expand = fold ? producer_as<ops::Expand>(fold->input(0)) : nullptr;
  const ir::Node* unfold = expand ? producer_as<ops::Reshape>(expand->input(0)) : nullptr;
  if (!unfold || expand->has_epilogue()) return nullptr;
  ir::Value* k = unfold->input(0);
  const Shape &from = k->shape(), &one = unfold->output()->shape(), &all = expand->output()->shape(), &to = v.shape();
  if (from.rank() != 4 || one.rank() != 5 || all.rank() != 5 || to.rank() != 4 || !(one[2] == Dim(1))) return nullptr;
  for (int i : {0, 1, 3, 4})
    if (!(one[i] == all[i]) || !(one[i] == from[i < 2 ? i : i - 1])) return nullptr;
  const bool folds = to[0] == all[0] && to[1] == all[1] * all[2] && to[2] == all[3] && to[3] == all[4];
  return folds ? k : nullptr;
}

std::optional<ir::Patch> rewrite(const ir::Node& n, const Options& options) {
  const auto* op = n.as<ops::Attention>();
  if (!op || op->k_by_position || op->v_by_position || n.has_epilogue()) return std::nullopt;
  ir::Value *k = repeated(*n.input(1)), *v = repeated(*n.input(2));
  if (!k || !v || !(k->shape()[1] == v->shape()[1])) return std::nullopt;
  std::vector<ir::Value*> inputs = n.inputs();
  inputs[1] = k;
  inputs[2] = v;
  if (options.has_kernel && !options.has_kernel(*op, inputs, n.num_op_inputs(), {})) return std::nullopt;
  ir::Patch patch;
  patch.replace(n.output(), patch.add(*op, inputs));
  return patch;
}

}  // namespace

Pass group_heads() {
  return rewrite_pass("group-heads", "attention whose keys and values are repeated reads them where they are",
                      &rewrite);
}

}  // namespace dvt::passes
