#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// The inverse of each square matrix in the last two axes of x; of a singular one, numbers that are not finite.
struct Inverse {
  static constexpr OpId kId = OpId::inverse;
  friend bool operator==(const Inverse&, const Inverse&) = default;
};
DECLARE_OP(Inverse);

}  // namespace dvt::ops
