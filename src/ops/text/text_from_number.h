#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// y = x as text. Integers in decimal; floating point with the fewest digits that tell it from others of its type:
/// "0.1", "1.0", "1e-05", "1.5e+20" (with an exponent below 1e-4 and from 1e16 on), "nan", "inf", "-inf"; booleans
/// "True" and "False".
struct TextFromNumber {
  static constexpr OpId kId = OpId::text_from_number;
  static constexpr bool kTakesText = true;
  friend bool operator==(const TextFromNumber&, const TextFromNumber&) = default;
};
DECLARE_OP(TextFromNumber);

}  // namespace dvt::ops
