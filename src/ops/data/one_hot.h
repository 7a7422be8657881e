#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// Inputs: indices, depth (one integer whose value is known), values [off, on]. A new axis of size depth holds `on` at
/// the index (negative: from the end) and `off` elsewhere; an index outside holds only `off`.
struct OneHot {
  static constexpr OpId kId = OpId::one_hot;
  int64_t axis = -1;
  friend bool operator==(const OneHot&, const OneHot&) = default;
};
DECLARE_OP(OneHot);

}  // namespace dvt::ops
