#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// Random numbers of type `to` with the shape of x, whose elements are not read. uniform: over [a, b); normal: with the
/// mean a and the standard deviation b. Element i is a function of the seed and i alone.
struct Random {
  static constexpr OpId kId = OpId::random;
  enum class Kind { uniform, normal };
  Kind kind = Kind::uniform;
  double a = 0, b = 1;
  int64_t seed = 0;
  DType to = DType::f32;
  friend bool operator==(const Random&, const Random&) = default;
};
DECLARE_OP(Random);

}  // namespace dvt::ops
