#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// Keeps the upper (lower) triangle of the last two axes: elements with column - row >= k (<= k); the others are 0.
struct Trilu {
  static constexpr OpId kId = OpId::trilu;
  bool upper = true;
  int64_t k = 0;
  friend bool operator==(const Trilu&, const Trilu&) = default;
};
DECLARE_OP(Trilu);

}  // namespace dvt::ops
