#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// Adds (negative: removes) elements at both ends of each axis. Inputs: x, then, where its flag is set, an integer
/// tensor of 2 * rank pads (all begins, then all ends) whose value is known, and a scalar of x's type that constant
/// mode fills in.
struct Pad {
  static constexpr OpId kId = OpId::pad;
  static constexpr bool kTakesText = true;
  enum class Mode { constant, reflect, edge, wrap };
  Mode mode = Mode::constant;
  std::vector<Dim> pads_begin, pads_end;  ///< One per axis; empty: 0.
  double value = 0;                       ///< Filled in by constant mode when has_value is false.
  bool has_pads_input = false, has_value = false;
  friend bool operator==(const Pad&, const Pad&) = default;
};
DECLARE_OP(Pad);

}  // namespace dvt::ops
