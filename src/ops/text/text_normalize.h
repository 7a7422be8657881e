#pragma once
#include <string>
#include <vector>

#include "ops/op.h"

namespace dvt::ops {

/// The texts of x, a list or one row, without stop words and in one case (letters one by one, as Unicode maps them;
/// bytes that are no UTF-8 stay). Late size 0 is how many are left; when none is, the result is one empty text.
struct TextNormalize {
  static constexpr OpId kId = OpId::text_normalize;
  static constexpr bool kTakesText = true;
  enum class Case { keep, lower, upper };
  Case case_change = Case::keep;
  bool case_sensitive = false;  ///< How stop words are compared.
  std::vector<std::string> stop_words;
  friend bool operator==(const TextNormalize&, const TextNormalize&) = default;
};
DECLARE_LATE_OP(TextNormalize);

}  // namespace dvt::ops
