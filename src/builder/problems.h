#pragma once
#include "backend/tactic.h"
#include "ir/graph.h"

namespace dvt::builder {

using backend::Layout;

/// Whether both layouts put a tensor of this shape in the same order (all spatial dims 1, or one channel, or a rank
/// without channels): such a value never needs a reformat.
bool is_layout_neutral(const Shape& shape);

/// The problem of a node (existing or proposed) with its data operands in `mode`.
///
/// In channels_last mode every operand whose rank is that of the node's data (3 to 5) is channels_last, but constants
/// that weigh an op's second input (filters) and per-channel constants stay plain.
backend::Problem make_problem(const ops::Op& op, std::span<ir::Value* const> inputs, int num_op_inputs,
                              const expr::Expr& epilogue, std::span<const TensorType> outputs,
                              const SymbolRanges& ranges, Layout mode);
backend::Problem make_problem(const ir::Node& node, const SymbolRanges& ranges, Layout mode);

/// Whether the node can be in that mode at all (ranks 3 to 5 with a channel axis, one data rank).
bool allows_mode(const ir::Node& node, Layout mode);

/// A fast tactic (not the reference) supports the problem within the limits.
bool has_fast_tactic(const backend::Problem& problem, const backend::Target& target, const backend::Device& device);

/// What the problem's op costs at opt.
ops::Cost cost_at_opt(const backend::Problem& problem);

}  // namespace dvt::builder
