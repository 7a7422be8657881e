#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// Joins the inputs along an axis; all other dimensions agree.
struct Concat {
  static constexpr OpId kId = OpId::concat;
  static constexpr bool kTakesText = true;
  int64_t axis = 0;
  friend bool operator==(const Concat&, const Concat&) = default;
};
DECLARE_SHAPE_OP(Concat);

}  // namespace dvt::ops
