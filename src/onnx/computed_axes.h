#pragma once
#include <vector>

#include "onnx/term.h"

namespace dvt::onnx {

/// Axes that are known only when the network runs, as arithmetic on dimensions. Their number is known.
class ComputedAxes {
 public:
  /// Input i is the list; its elements may count from the end of `rank` axes.
  ComputedAxes(ImporterContext& c, int i, int rank);
  int rank() const { return rank_; }
  size_t size() const { return axes_.size(); }
  /// 1 where an axis of the list is axis k, else 0.
  Extent names(int k) const;
  /// How many axes of the list lie before axis k.
  Extent before(int k) const;

 private:
  ImporterContext& c_;
  int rank_;
  Extents axes_;  ///< Counted from the front.
};

/// a where the flag is 1, b where it is 0.
Extent choose(ImporterContext& c, const Extent& flag, const Extent& a, const Extent& b);
/// The extents, in order, whose axes the list does not name.
Extents without(ImporterContext& c, const Extents& extents, const ComputedAxes& axes);
/// 1 for each axis that the list names; the others take the extents in order.
Extents with_ones(ImporterContext& c, const Extents& extents, const ComputedAxes& axes);

/// x with every axis in two, of which the second has its elements where the list names the axis and the first has them
/// elsewhere: what is done along all odd axes of the result is done along the named axes of x.
Term split_named(Term x, const ComputedAxes& axes);
/// x as [before, length, behind] around the one axis of the list.
Term around_axis(Term x, const ComputedAxes& axes);

}  // namespace dvt::onnx
