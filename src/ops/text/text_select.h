#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// y = condition ? a : b for texts a and b; all three broadcast. Inputs: condition (b8), a, b.
struct TextSelect {
  static constexpr OpId kId = OpId::text_select;
  static constexpr bool kTakesText = true;
  friend bool operator==(const TextSelect&, const TextSelect&) = default;
};
DECLARE_OP(TextSelect);

}  // namespace dvt::ops
