#pragma once
#include "ir/graph.h"

namespace dvt::builder {

/// Makes a fused graph and the regions of its nodes such that steps can carry them out as they are:
/// symbolic attributes that a kernel must read become symbolic inputs, and each graph output is written by a step of
/// its own (a copy where it is an input, a constant, a view, of a size that its own step reports, or named twice).
void lower_for_steps(ir::Graph& graph);

/// Whether a node only gives its input another shape: no step, the value is a view.
bool is_view(const ir::Node& node);

}  // namespace dvt::builder
