#pragma once
#include <string>

#include "ops/op.h"

namespace dvt::ops {

/// y[..., k] = part k of x[...], "" behind the last one. Inputs: x, the number of columns (one integer): the most of
/// what text_part_count says. Parts beyond the columns are left out.
struct TextSplit {
  static constexpr OpId kId = OpId::text_split;
  static constexpr bool kTakesText = true;
  std::string delimiter;   ///< "": runs of white space.
  int64_t max_split = -1;  ///< < 0: no limit.
  friend bool operator==(const TextSplit&, const TextSplit&) = default;
};
DECLARE_OP(TextSplit);

}  // namespace dvt::ops
