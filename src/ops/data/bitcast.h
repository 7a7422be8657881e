#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// The bits of x read as another type of the same width.
struct Bitcast {
  static constexpr OpId kId = OpId::bitcast;
  DType to = DType::f32;
  friend bool operator==(const Bitcast&, const Bitcast&) = default;
};
DECLARE_OP(Bitcast);

}  // namespace dvt::ops
