#pragma once
#include <vector>

#include "onnx/term.h"

namespace dvt::onnx {

/// Axes that may be known only when the network runs, as choices between dimensions. Their number is known.
class ComputedAxes {
 public:
  /// Input i is the list; its elements may count from the end of `rank` axes.
  ComputedAxes(ImporterContext& c, int i, int rank) : ComputedAxes(c, extents_of_input(c, i), rank) {}
  ComputedAxes(ImporterContext& c, const Extents& axes, int rank);
  int rank() const { return rank_; }
  size_t size() const { return axes_.size(); }
  /// Whether an axis of the list is axis k.
  const Flag& names(int k) const { return names_[static_cast<size_t>(k)]; }
  /// How many axes of the list lie before axis k.
  const Extent& before(int k) const { return before_[static_cast<size_t>(k)]; }
  /// The value that goes with axis k, of one for each axis of the list; `otherwise` where the list does not name it.
  Extent pick(int k, const Extents& values, const Extent& otherwise) const;

 private:
  ImporterContext& c_;
  int rank_;
  Extents axes_;  ///< Counted from the front.
  std::vector<Flag> names_;
  Extents before_;
};

/// The extents, in order, whose axes the list does not name.
Extents without(ImporterContext& c, const Extents& extents, const ComputedAxes& axes);
/// 1 for each axis that the list names; the others take the extents in order.
Extents with_ones(ImporterContext& c, const Extents& extents, const ComputedAxes& axes);

/// x with every axis in two, of which the second has its elements where the list names the axis and the first has them
/// elsewhere: what is done along all odd axes of the result is done along the named axes of x. Takes twice the rank.
Term split_named(Term x, const ComputedAxes& axes);
/// x as [before, length, behind] around the one axis of the list. Axes of x that the list does not count stay behind.
Term around_axis(Term x, const ComputedAxes& axes);

}  // namespace dvt::onnx
