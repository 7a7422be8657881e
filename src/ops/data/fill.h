#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// A tensor with every element equal to the scalar input 0. The shape is the attribute, or the optional input 1.
struct Fill {
  static constexpr OpId kId = OpId::fill;
  std::vector<Dim> shape;  ///< Ignored when there is an input 1.
  friend bool operator==(const Fill&, const Fill&) = default;
};
DECLARE_SHAPE_OP(Fill);

}  // namespace dvt::ops
