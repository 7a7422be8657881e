#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// The k largest (smallest) elements along an axis and their indices (i64). k is the attribute, or the optional input 1
/// (an integer tensor of one element whose value is known). Equal elements come in the order of their indices.
struct TopK {
  static constexpr OpId kId = OpId::topk;
  std::vector<Dim> k;  ///< One element; empty when input 1 gives it.
  int64_t axis = -1;
  bool largest = true;
  bool sorted = true;  ///< false allows any order; the reference sorts all the same.
  friend bool operator==(const TopK&, const TopK&) = default;
};
DECLARE_OP(TopK);

}  // namespace dvt::ops
