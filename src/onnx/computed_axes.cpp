#include "onnx/computed_axes.h"

#include <algorithm>

namespace dvt::onnx {
namespace {

Extent is_equal(ImporterContext& c, const Extent& a, int64_t b) {
  if (a.value) return *a.value == b ? 1 : 0;
  return Extent(cast(equal(Term(c, to_tensor(c, a)), static_cast<double>(b)), DataType::kINT64).tensor());
}

Extent is_less(ImporterContext& c, const Extent& a, int64_t b) {
  if (a.value) return *a.value < b ? 1 : 0;
  return Extent(cast(Term(c, to_tensor(c, a)) < static_cast<double>(b), DataType::kINT64).tensor());
}

}  // namespace

ComputedAxes::ComputedAxes(ImporterContext& c, int i, int rank) : c_(c), rank_(rank) {
  for (const Extent& axis : extents_of_input(c, i)) {
    if (axis.value || rank == 0) {
      axes_.emplace_back(normalized_axis(axis.value.value_or(0), rank));
      continue;
    }
    // The remainder has the divisor's sign, which is what counting from the end means.
    const Term given(c, to_tensor(c, axis));
    axes_.emplace_back(remainder(given, given.number(rank)).tensor());
  }
}

Extent ComputedAxes::names(int k) const {
  Extent result = 0;
  for (const Extent& axis : axes_) result = add(c_, result, is_equal(c_, axis, k));
  return result;
}

Extent ComputedAxes::before(int k) const {
  Extent result = 0;
  for (const Extent& axis : axes_) result = add(c_, result, is_less(c_, axis, k));
  return result;
}

Extent choose(ImporterContext& c, const Extent& flag, const Extent& a, const Extent& b) {
  return add(c, b, multiply(c, flag, subtract(c, a, b)));
}

Extents without(ImporterContext& c, const Extents& extents, const ComputedAxes& axes) {
  if (axes.size() > extents.size())
    refuse(ParserCode::kINVALID_NODE)(axes.size(), " axes for a tensor of rank ", extents.size());
  const int count = static_cast<int>(extents.size() - axes.size());
  Extents result(static_cast<size_t>(count), Extent(0));
  for (int i = 0; i < axes.rank(); ++i) {
    const Extent size = multiply(c, subtract(c, 1, axes.names(i)), extents[static_cast<size_t>(i)]);
    const Extent gone = axes.before(i);
    for (int k = std::max(0, i - static_cast<int>(axes.size())); k <= std::min(i, count - 1); ++k) {
      Extent& here = result[static_cast<size_t>(k)];
      here = add(c, here, multiply(c, is_equal(c, gone, i - k), size));
    }
  }
  return result;
}

Extents with_ones(ImporterContext& c, const Extents& extents, const ComputedAxes& axes) {
  Extents result;
  for (int i = 0; i < axes.rank(); ++i) {
    const Extent added = axes.before(i);
    Extent here = 0;
    for (int k = 0; k < static_cast<int>(extents.size()); ++k)
      if (i >= k) here = add(c, here, multiply(c, is_equal(c, added, i - k), extents[static_cast<size_t>(k)]));
    result.push_back(choose(c, axes.names(i), 1, here));
  }
  return result;
}

Term split_named(Term x, const ComputedAxes& axes) {
  ImporterContext& c = x.context();
  const Extents extents = x.extents();
  Extents shape;
  for (int i = 0; i < axes.rank(); ++i) {
    const Extent named = axes.names(i);
    const Extent& extent = extents[static_cast<size_t>(i)];
    shape.push_back(choose(c, named, 1, extent));
    shape.push_back(choose(c, named, extent, 1));
  }
  if (shape.size() > static_cast<size_t>(Dims::MAX_DIMS))
    refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("axes that are computed are supported for ranks up to ",
                                                  Dims::MAX_DIMS / 2, ", got ", axes.rank(), "; make them a constant");
  return reshape(x, shape);
}

Term around_axis(Term x, const ComputedAxes& axes) {
  ImporterContext& c = x.context();
  if (axes.size() != 1) refuse(ParserCode::kINVALID_NODE)("the axis must be one number, got ", axes.size());
  Extent before = 1, length = 1, behind = 1;
  const Extents extents = x.extents();
  for (int i = 0; i < axes.rank(); ++i) {
    const Extent &extent = extents[static_cast<size_t>(i)], here = axes.names(i), is_behind = axes.before(i);
    length = multiply(c, length, choose(c, here, extent, 1));
    behind = multiply(c, behind, choose(c, is_behind, extent, 1));
    before = multiply(c, before, choose(c, add(c, here, is_behind), 1, extent));
  }
  // Extents of nothing are not negative, which the bounds of the sums above do not show.
  return reshape(x, Extents{larger(c, before, 0), larger(c, length, 0), larger(c, behind, 0)});
}

}  // namespace dvt::onnx
