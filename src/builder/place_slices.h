#pragma once
#include "builder/places.h"

namespace dvt::builder {

/// Concatenations whose inputs are written where the result is to be, and slices that are read where they lie, need no
/// step. Runs when layouts are settled: gives such values places, tells the problems of their writers and readers that
/// operands are slices, and takes the nodes out of `plans`. What cannot be written in place is copied by a node of its
/// own. A change that makes its neighbours slower than it saves is not made.
Places place_slices(ir::Graph& graph, const SymbolRanges& ranges, const BuildOptions& options, Tuner& tuner,
                    NodePlans& plans);

}  // namespace dvt::builder
