#pragma once
#include "builder/layout_choice.h"

namespace dvt::builder {

/// Writes down a lowered graph with its tactics as a plan document: values, steps, packed weights.
plan::Document emit_plan(const ir::Graph& graph, const NodePlans& plans, const SymbolRanges& ranges,
                         const BuildOptions& options);

}  // namespace dvt::builder
