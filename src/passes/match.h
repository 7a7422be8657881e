#pragma once
#include <optional>
#include <span>

#include "ir/graph.h"
#include "ops/pointwise/elementwise.h"

namespace dvt::passes {

/// The single value of a floating or integer constant whose elements are all equal.
std::optional<double> splat_value(const ir::Value& v);
/// The producer of `v` when it is op T, else nullptr.
template <class T>
const ir::Node* producer_as(const ir::Value* v) {
  const ir::Node* n = v->producer();
  return n && n->as<T>() ? n : nullptr;
}
/// The producer of `v` when it is elementwise operator `op`.
const ir::Node* producer_elementwise(const ir::Value* v, expr::ExprOp op);
/// For a commutative binary node: the other input when one input is `known`, else nullptr.
ir::Value* other_input(const ir::Node& n, const ir::Value* known);
/// For a binary elementwise node with one splat constant: {the other input, the constant}.
struct WithConstant {
  ir::Value* value;
  double constant;
  bool constant_on_right;
};
std::optional<WithConstant> with_constant(const ir::Node& n);
/// Whether every dim is a constant and equal, or symbolically equal.
bool same_shape(const ir::Value& a, const ir::Value& b);
/// Only `reader` reads `v` (any number of times), and it is not a graph output.
bool only_read_by(const ir::Value& v, const ir::Node& reader);
/// Shape with 1s except for `channels` at axis 1, rank as given.
std::vector<int64_t> per_channel_dims(int rank, int64_t channels);
/// `v` holds one value per channel (axis 1) of a tensor of that rank: dims all 1 but axis 1 (or fewer dims, aligned
/// right).
bool is_per_channel(const ir::Value& v, int rank, int64_t channels);

/// New nodes of common kinds, appended to a patch.
ir::Value* add_reshape(ir::Patch& patch, ir::Value* x, std::span<const int64_t> dims);
ir::Value* add_binary(ir::Patch& patch, expr::ExprOp op, ir::Value* a, ir::Value* b);
/// f32 scalar constant converted to `type`.
ir::Value* add_scalar(ir::Patch& patch, DType type, double value);

}  // namespace dvt::passes
