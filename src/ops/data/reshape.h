#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// The same elements in another shape: the attribute, or the optional input 1 (an integer tensor whose value is known).
/// An element -1 takes what is left; 0 copies the input's dimension unless allow_zero.
struct Reshape {
  static constexpr OpId kId = OpId::reshape;
  static constexpr bool kTakesText = true;
  std::vector<Dim> shape;  ///< Ignored when there is an input 1.
  bool allow_zero = false;
  friend bool operator==(const Reshape&, const Reshape&) = default;
};
DECLARE_SHAPE_OP(Reshape);

}  // namespace dvt::ops
