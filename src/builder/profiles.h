#pragma once
#include "builder/build.h"

namespace dvt::builder {

/// Ranges of the graph's symbols over all profiles: what every kernel must cover. opt is that of the first profile.
/// Throws Error(kInvalidArgument) naming the input when a dynamic input has no range, min <= opt <= max does not hold,
/// a range disagrees with a constant dim, or two inputs that share a symbol get different ranges.
SymbolRanges symbol_ranges(const ir::Graph& graph, const std::vector<plan::Profile>& profiles);

/// The same with the ranges of the graph's late symbols, from nothing up to their bounds.
SymbolRanges with_late_ranges(const ir::Graph& graph, SymbolRanges ranges);

/// The same profiles in canonical form: one entry per dynamic input, in input order.
std::vector<plan::Profile> canonical_profiles(const ir::Graph& graph, const std::vector<plan::Profile>& profiles);

}  // namespace dvt::builder
