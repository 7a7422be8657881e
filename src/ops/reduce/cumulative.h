#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// Running sum, product, maximum or minimum along an axis.
struct Cumulative {
  static constexpr OpId kId = OpId::cumulative;
  enum class Kind { sum, prod, max, min };
  Kind kind = Kind::sum;
  int64_t axis = 0;
  bool exclusive = false;  ///< Element i leaves itself out; sum and prod only.
  bool reverse = false;    ///< Runs from the end.
  friend bool operator==(const Cumulative&, const Cumulative&) = default;
};
DECLARE_OP(Cumulative);

}  // namespace dvt::ops
