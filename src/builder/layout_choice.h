#pragma once
#include <map>

#include "builder/problems.h"
#include "builder/tune/tuner.h"

namespace dvt::builder {

/// What was decided for a node: its layout mode and the tactic for the problem in that mode.
struct NodePlan {
  Layout mode = Layout::plain;
  backend::Problem problem;
  const Choice* choice = nullptr;
};
using NodePlans = std::map<const ir::Node*, NodePlan>;

/// Bytes of a node's constant inputs; empty for the others.
std::vector<std::span<const std::byte>> constants_of(const ir::Node& node);

/// Chooses mode and tactic of every node jointly: node times plus the cost of reformats on the edges between modes.
/// Views and nodes with regions get no entry; the nodes inside regions do. Throws Error when a node has no tactic or
/// the build is cancelled.
NodePlans choose_tactics(const ir::Graph& graph, const SymbolRanges& ranges, const BuildOptions& options, Tuner& tuner);

/// Inserts a reformat wherever a value's layout is not the one that its reader's mode wants, sets each value's layout,
/// and gives the new nodes their plans. Afterwards every operand has the layout that its problem states.
void insert_reformats(ir::Graph& graph, const SymbolRanges& ranges, Tuner& tuner, NodePlans& plans);

}  // namespace dvt::builder
