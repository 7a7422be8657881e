// reshape(reshape(x)) -> reshape(x); a transpose of the last two axes between two reshapes that fold and unfold the
// leading ones -> one transpose; transpose(transpose(x)) -> transpose(x); a transpose of the last two axes in front
// of a matmul becomes its transpose flag, one of heads and positions before or after an attention its flags; a
// transpose that only moves axes of size 1 becomes a reshape.
#include <algorithm>

#include "ops/data/reshape.h"
#include "ops/data/transpose.h"
#include "ops/matrix/matmul.h"
#include "ops/nn/attention.h"
#include "passes/match.h"
#include "passes/simplify/simplify.h"

namespace dvt::passes {
namespace {

std::vector<int64_t> permutation(const ir::Node& n) {
  std::vector<int64_t> perm = n.as<ops::Transpose>()->perm;
  if (perm.empty())
    for (int i = n.input(0)->rank() - 1; i >= 0; --i) perm.push_back(i);
  return perm;
}

std::optional<ir::Patch> merge_reshape(const ir::Node& n) {
  const ir::Node* inner = producer_as<ops::Reshape>(n.input(0));
  if (!inner || n.num_inputs() != 1) return std::nullopt;
  ir::Patch patch;
  patch.replace(n.output(), patch.add(ops::Reshape{n.output()->shape().dims(), true}, {inner->input(0)}));
  return patch;
}

// reshape(transpose(reshape(x, [A*B, S, D]), [0, 2, 1]), [A, B, D, S])  ->  transpose(x, [0, 1, 3, 2]), with x reshaped
// to [A, B, S, D] where it has other leading axes.
std::optional<ir::Patch> unfold_transpose(const ir::Node& n) {
  const ir::Node* t = producer_as<ops::Transpose>(n.input(0));
  const ir::Node* fold = t ? producer_as<ops::Reshape>(t->input(0)) : nullptr;
  if (!fold || permutation(*t) != std::vector<int64_t>{0, 2, 1}) return std::nullopt;
  ir::Value* x = fold->input(0);
  const int rank = n.output()->rank();
  if (x->rank() < 3 || rank < 4 || fold->output()->rank() != 3) return std::nullopt;
  for (int from_right : {1, 2})
    if (!(x->shape()[x->rank() - from_right] == fold->output()->shape()[3 - from_right]) ||
        !(n.output()->shape()[rank - from_right] == t->output()->shape()[3 - from_right]))
      return std::nullopt;
  ops::Transpose op;
  for (int i = 0; i < rank; ++i) op.perm.push_back(i);
  std::swap(op.perm[static_cast<size_t>(rank) - 1], op.perm[static_cast<size_t>(rank) - 2]);
  ir::Patch patch;
  std::vector<Dim> unfolded = n.output()->shape().dims();
  std::swap(unfolded[unfolded.size() - 1], unfolded[unfolded.size() - 2]);
  if (!(x->shape() == Shape(unfolded))) x = patch.add(ops::Reshape{unfolded, true}, {x});
  ir::Value* y = patch.add(op, {x});
  if (!same_shape(*y, *n.output())) return std::nullopt;
  patch.replace(n.output(), y);
  return patch;
}

bool moves_only_ones(const ir::Node& n, const std::vector<int64_t>& perm) {
  int64_t last = -1;
  for (int64_t axis : perm) {
    if (n.input(0)->shape()[static_cast<int>(axis)] == Dim(1)) continue;
    if (axis < last) return false;
    last = axis;
  }
  return true;
}

std::optional<ir::Patch> merge_transpose(const ir::Node& n) {
  const std::vector<int64_t> outer = permutation(n);
  ir::Patch patch;
  if (const ir::Node* inner = producer_as<ops::Transpose>(n.input(0))) {
    const std::vector<int64_t> first = permutation(*inner);
    ops::Transpose both;
    for (int64_t axis : outer) both.perm.push_back(first[static_cast<size_t>(axis)]);
    patch.replace(n.output(), patch.add(both, {inner->input(0)}));
    return patch;
  }
  if (!moves_only_ones(n, outer)) return std::nullopt;
  patch.replace(n.output(), patch.add(ops::Reshape{n.output()->shape().dims(), true}, {n.input(0)}));
  return patch;
}

bool swaps_last_two(const ir::Node& transpose) {
  std::vector<int64_t> perm = permutation(transpose);
  if (perm.size() < 2) return false;
  std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  return std::is_sorted(perm.begin(), perm.end());
}

std::optional<ir::Patch> absorb_transpose(const ir::Node& n) {
  ops::MatMul op = *n.as<ops::MatMul>();
  std::vector<ir::Value*> inputs = n.inputs();
  bool changed = false;
  for (int i = 0; i < 2; ++i) {
    const ir::Node* t = producer_as<ops::Transpose>(n.input(i));
    if (!t || !swaps_last_two(*t)) continue;
    bool& flag = i == 0 ? op.transpose_a : op.transpose_b;
    flag = !flag;
    inputs[static_cast<size_t>(i)] = t->input(0);
    changed = true;
  }
  if (!changed) return std::nullopt;
  ir::Patch patch;
  patch.replace(n.output(), patch.add(op, inputs, n.epilogue(), n.num_op_inputs()));
  return patch;
}

bool swaps_heads_and_positions(const ir::Node& transpose) {
  return !transpose.has_epilogue() && permutation(transpose) == std::vector<int64_t>{0, 2, 1, 3};
}

// Attention walks rows at any stride: heads that lie inside positions are read and written there.
std::optional<ir::Patch> read_heads_in_place(const ir::Node& n) {
  ops::Attention op = *n.as<ops::Attention>();
  std::vector<ir::Value*> inputs = n.inputs();
  bool* const by_position[] = {&op.q_by_position, &op.k_by_position, &op.v_by_position};
  bool changed = false;
  for (int i = 0; i < 3; ++i) {
    const ir::Node* t = producer_as<ops::Transpose>(n.input(i));
    if (!t || !swaps_heads_and_positions(*t)) continue;
    *by_position[i] = !*by_position[i];
    inputs[static_cast<size_t>(i)] = t->input(0);
    changed = true;
  }
  if (!changed) return std::nullopt;
  ir::Patch patch;
  patch.replace(n.output(), patch.add(op, inputs, n.epilogue(), n.num_op_inputs()));
  return patch;
}

std::optional<ir::Patch> write_heads_in_place(const ir::Node& transpose) {
  const ir::Node* n = producer_as<ops::Attention>(transpose.input(0));
  if (!n || n->has_epilogue() || n->output()->num_uses() != 1 || !swaps_heads_and_positions(transpose))
    return std::nullopt;
  ops::Attention op = *n->as<ops::Attention>();
  op.y_by_position = !op.y_by_position;
  ir::Patch patch;
  patch.replace(transpose.output(), patch.add(op, n->inputs()));
  return patch;
}

std::optional<ir::Patch> rewrite(const ir::Node& n, const Options&) {
  if (n.as<ops::Reshape>()) {
    auto patch = merge_reshape(n);
    return patch ? std::move(patch) : unfold_transpose(n);
  }
  if (n.as<ops::Transpose>()) {
    auto patch = merge_transpose(n);
    return patch ? std::move(patch) : write_heads_in_place(n);
  }
  if (n.as<ops::Attention>()) return read_heads_in_place(n);
  if (n.as<ops::MatMul>()) return absorb_transpose(n);
  return std::nullopt;
}

}  // namespace

Pass merge_data_movement() {
  return rewrite_pass("merge-data-movement",
                      "chains of reshapes and of transposes become one; matmul and attention take transposes in",
                      &rewrite);
}

}  // namespace dvt::passes
