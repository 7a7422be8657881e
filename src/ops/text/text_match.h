#pragma once
#include <string>

#include "ops/op.h"

namespace dvt::ops {

/// y = the whole of x matches the pattern, b8. Patterns are RE2's: no search goes back, so that time is linear in x.
struct TextMatch {
  static constexpr OpId kId = OpId::text_match;
  static constexpr bool kTakesText = true;
  std::string pattern;
  friend bool operator==(const TextMatch&, const TextMatch&) = default;
};
DECLARE_OP(TextMatch);

}  // namespace dvt::ops
