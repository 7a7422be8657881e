#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// The different elements of x or, with has_axis, its different slices along an axis. Late size 0 is how many.
/// Results: those (a vector without an axis); for each the position where it first occurs; for each element or slice of
/// x the position of its equal in result 0; for each how often it occurs (positions and counts are i64). NaN equals NaN
/// and comes last.
struct Unique {
  static constexpr OpId kId = OpId::unique;
  static constexpr bool kTakesText = true;
  int64_t axis = 0;
  bool has_axis = false;
  bool sorted = true;  ///< In rising order (slices lexicographically), else in the order of first occurrence.
  friend bool operator==(const Unique&, const Unique&) = default;
};
DECLARE_LATE_OP(Unique);

}  // namespace dvt::ops
