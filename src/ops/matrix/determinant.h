#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// The determinant of each square matrix in the last two axes of x, which it removes.
struct Determinant {
  static constexpr OpId kId = OpId::determinant;
  friend bool operator==(const Determinant&, const Determinant&) = default;
};
DECLARE_OP(Determinant);

}  // namespace dvt::ops
