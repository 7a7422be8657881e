#pragma once
#include <string>

#include "builder/places.h"

namespace dvt::builder {

/// By the name of a node's result: what passes weighed before they made or left the node.
using Decisions = std::map<std::string, std::string>;

/// Writes down a lowered graph with its tactics as a plan document: values, steps, packed weights.
plan::Document emit_plan(const ir::Graph& graph, const NodePlans& plans, const Places& places,
                         const SymbolRanges& ranges, const BuildOptions& options, const Decisions& decisions);

}  // namespace dvt::builder
