#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// Index (i64) of the largest or smallest element along an axis; the first of equals unless select_last.
struct ArgReduce {
  static constexpr OpId kId = OpId::arg_reduce;
  enum class Kind { max, min };
  Kind kind = Kind::max;
  int64_t axis = 0;
  bool keep_dims = true;
  bool select_last = false;
  friend bool operator==(const ArgReduce&, const ArgReduce&) = default;
};
DECLARE_OP(ArgReduce);

}  // namespace dvt::ops
