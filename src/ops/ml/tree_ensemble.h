#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// What trees of decisions say of each row of x[N, features], aggregated to y[N, targets]. Inputs beside x:
///   nodes i64[n, 7]: feature, mode, node where the condition holds, node where it does not, whether it holds for NaN,
///     and a range of positions [begin, end): of a leaf's votes, or of a member node's set
///   values f64[n]: what the feature is compared with; roots i64[trees]
///   vote targets i64[v], vote weights f64[v]; members f64[m]
struct TreeEnsemble {
  static constexpr OpId kId = OpId::tree_ensemble;
  /// Of a node, in the order of their numbers.
  enum class Mode { at_most, less, at_least, greater, equal, not_equal, member, leaf };
  enum class Aggregate { sum, average, min, max };
  Aggregate aggregate = Aggregate::sum;
  int64_t targets = 1;
  friend bool operator==(const TreeEnsemble&, const TreeEnsemble&) = default;
};
DECLARE_OP(TreeEnsemble);

}  // namespace dvt::ops
