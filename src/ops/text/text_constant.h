#pragma once
#include <string>
#include <vector>

#include "ops/op.h"

namespace dvt::ops {

/// Texts that the network holds: no weights, for elements are addresses, which no plan stores. No inputs.
struct TextConstant {
  static constexpr OpId kId = OpId::text_constant;
  static constexpr bool kTakesText = true;
  std::vector<std::string> values;  ///< Row-major, or one for all elements.
  std::vector<int64_t> shape;
  friend bool operator==(const TextConstant&, const TextConstant&) = default;
};
DECLARE_OP(TextConstant);

}  // namespace dvt::ops
