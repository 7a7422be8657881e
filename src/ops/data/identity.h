#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// y = x.
struct Identity {
  static constexpr OpId kId = OpId::identity;
  static constexpr bool kTakesText = true;
  friend bool operator==(const Identity&, const Identity&) = default;
};
DECLARE_SHAPE_OP(Identity);

}  // namespace dvt::ops
