#pragma once
#include <string>
#include <vector>

#include "ops/op.h"

namespace dvt::ops {

/// y = the position of x among the keys, i64; their number for what is none of them. The last of equal keys counts.
struct TextIndex {
  static constexpr OpId kId = OpId::text_index;
  static constexpr bool kTakesText = true;
  std::vector<std::string> keys;
  friend bool operator==(const TextIndex&, const TextIndex&) = default;
};
DECLARE_OP(TextIndex);

}  // namespace dvt::ops
