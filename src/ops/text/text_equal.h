#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// y = a and b are the same bytes, b8; a and b broadcast.
struct TextEqual {
  static constexpr OpId kId = OpId::text_equal;
  static constexpr bool kTakesText = true;
  friend bool operator==(const TextEqual&, const TextEqual&) = default;
};
DECLARE_OP(TextEqual);

}  // namespace dvt::ops
