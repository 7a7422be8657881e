#pragma once
#include <span>
#include <vector>

#include "base/dim.h"

namespace dvt {

/// The size of an axis along which operands of sizes a and b are broadcast: the one that is not 1.
///
/// What ranges and equality decide is decided: a size that is at least 2 whatever the symbols are is the result, and
/// sizes that meet again change nothing. The rest stays an expression, exact for all sizes that can meet. For two that
/// cannot (they differ, and none is 1) its value is 0 or the larger one: whoever binds the symbols asks
/// collect_broadcasts() for what must be able to meet, and refuses. Dim::range() tells of sizes that can.
Dim broadcast(const Dim& a, const Dim& b);

/// More sizes that meet are refused.
inline constexpr int kMostBroadcastSizes = 64;

/// Adds the sizes that each broadcast() in the expression makes meet, unless they are in the list.
void collect_broadcasts(const Dim& d, std::vector<std::vector<Dim>>& meetings);

/// Whether axes of these sizes can be broadcast together.
bool can_broadcast(std::span<const int64_t> sizes) noexcept;

}  // namespace dvt
