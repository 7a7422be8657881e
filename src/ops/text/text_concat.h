#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// y = the bytes of a followed by those of b; a and b broadcast.
struct TextConcat {
  static constexpr OpId kId = OpId::text_concat;
  static constexpr bool kTakesText = true;
  friend bool operator==(const TextConcat&, const TextConcat&) = default;
};
DECLARE_OP(TextConcat);

}  // namespace dvt::ops
