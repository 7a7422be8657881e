#pragma once
#include "builder/places.h"

namespace dvt::builder {

/// Writes down a lowered graph with its tactics as a plan document: values, steps, packed weights.
plan::Document emit_plan(const ir::Graph& graph, const NodePlans& plans, const Places& places,
                         const SymbolRanges& ranges, const BuildOptions& options);

}  // namespace dvt::builder
