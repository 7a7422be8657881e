#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// Broadcasts x with a shape (NumPy rules, either may have the 1): the attribute, or the optional input 1.
struct Expand {
  static constexpr OpId kId = OpId::expand;
  static constexpr bool kTakesText = true;
  std::vector<Dim> shape;  ///< Ignored when there is an input 1.
  friend bool operator==(const Expand&, const Expand&) = default;
};
DECLARE_SHAPE_OP(Expand);

}  // namespace dvt::ops
