#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// start, start + delta, ... as a vector. Inputs (scalars of one type): start, limit, delta, with max(0, ceil((limit -
/// start) / delta)) elements, where integers' values must be known; or, when count is set, start, delta.
struct Range {
  static constexpr OpId kId = OpId::range;
  std::vector<Dim> count;  ///< One element, or empty.
  friend bool operator==(const Range&, const Range&) = default;
};
DECLARE_SHAPE_OP(Range);

}  // namespace dvt::ops
