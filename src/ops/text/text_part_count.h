#pragma once
#include <string>

#include "ops/op.h"

namespace dvt::ops {

/// y = the number of parts that text_split makes of each element, i64: how many columns it needs.
struct TextPartCount {
  static constexpr OpId kId = OpId::text_part_count;
  static constexpr bool kTakesText = true;
  std::string delimiter;   ///< "": runs of white space.
  int64_t max_split = -1;  ///< < 0: no limit.
  friend bool operator==(const TextPartCount&, const TextPartCount&) = default;
};
DECLARE_OP(TextPartCount);

}  // namespace dvt::ops
