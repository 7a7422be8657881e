#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// y = the number that x says: plain ("-3.14") or with an exponent ("1e-5"), "nan", "inf" and "infinity" in any case,
/// spaces around it. Integers are cut at the point. b8: "true" and "false" in any case, or a number that is not 0.
/// A text that is no number of the type fails the run.
struct TextToNumber {
  static constexpr OpId kId = OpId::text_to_number;
  static constexpr bool kTakesText = true;
  DType to = DType::f32;
  friend bool operator==(const TextToNumber&, const TextToNumber&) = default;
};
DECLARE_OP(TextToNumber);

}  // namespace dvt::ops
