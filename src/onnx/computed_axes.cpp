#include "onnx/computed_axes.h"

#include <algorithm>

namespace dvt::onnx {

ComputedAxes::ComputedAxes(ImporterContext& c, const Extents& axes, int rank) : c_(c), rank_(rank) {
  for (const Extent& axis : axes) {
    if (axis.value || rank == 0) {
      axes_.emplace_back(normalized_axis(axis.value.value_or(0), rank));
      continue;
    }
    // The remainder has the divisor's sign, which is what counting from the end means.
    const Term given(c, to_tensor(c, axis));
    axes_.emplace_back(remainder(given, given.number(rank)).tensor());
  }
  for (int k = 0; k < rank; ++k) {
    Flag named = false;
    Extent count = 0;
    for (const Extent& axis : axes_) {
      named = either(c, named, is_equal(c, axis, k));
      count = add(c, count, as_number(c, is_less(c, axis, k)));
    }
    names_.push_back(named);
    before_.push_back(count);
  }
}

Extent ComputedAxes::pick(int k, const Extents& values, const Extent& otherwise) const {
  Extent picked = otherwise;
  for (size_t i = 0; i < axes_.size(); ++i) picked = choose(c_, is_equal(c_, axes_[i], k), values[i], picked);
  return picked;
}

// Place k of the result is taken by the one axis i >= k that is not named and has i - k named ones before it.
Extents without(ImporterContext& c, const Extents& extents, const ComputedAxes& axes) {
  if (axes.size() > extents.size())
    refuse(ParserCode::kINVALID_NODE)(axes.size(), " axes for a tensor of rank ", extents.size());
  const int named = static_cast<int>(axes.size()), count = static_cast<int>(extents.size()) - named;
  Extents result;
  for (int k = 0; k < count; ++k) {
    Extent here = extents[static_cast<size_t>(k + named)];
    for (int i = k + named - 1; i >= k; --i) {
      const Extent unless_named = choose(c, axes.names(i), here, extents[static_cast<size_t>(i)]);
      here = choose(c, is_equal(c, axes.before(i), i - k), unless_named, here);
    }
    result.push_back(here);
  }
  return result;
}

Extents with_ones(ImporterContext& c, const Extents& extents, const ComputedAxes& axes) {
  Extents result;
  const int count = static_cast<int>(extents.size());
  for (int i = 0; i < axes.rank(); ++i) {
    Extent here = 1;
    for (int k = std::min(i, count - 1); k >= 0 && i - k <= static_cast<int>(axes.size()); --k)
      here = choose(c, is_equal(c, axes.before(i), i - k), extents[static_cast<size_t>(k)], here);
    result.push_back(choose(c, axes.names(i), 1, here));
  }
  return result;
}

Term split_named(Term x, const ComputedAxes& axes) {
  ImporterContext& c = x.context();
  const Extents extents = x.extents();
  Extents shape;
  for (int i = 0; i < axes.rank(); ++i) {
    const Extent& extent = extents[static_cast<size_t>(i)];
    shape.push_back(choose(c, axes.names(i), 1, extent));
    shape.push_back(choose(c, axes.names(i), extent, 1));
  }
  return reshape(x, shape);
}

Term around_axis(Term x, const ComputedAxes& axes) {
  ImporterContext& c = x.context();
  if (axes.size() != 1) refuse(ParserCode::kINVALID_NODE)("the axis must be one number, got ", axes.size());
  Extent before = 1, length = 1, behind = 1;
  const Extents extents = x.extents();
  for (int i = 0; i < axes.rank(); ++i) {
    const Extent& extent = extents[static_cast<size_t>(i)];
    const Flag is_behind = is_equal(c, axes.before(i), 1);
    length = multiply(c, length, choose(c, axes.names(i), extent, 1));
    behind = multiply(c, behind, choose(c, is_behind, extent, 1));
    before = multiply(c, before, choose(c, either(c, axes.names(i), is_behind), 1, extent));
  }
  Extents shape{before, length, behind};
  for (int i = axes.rank(); i < x.rank(); ++i) shape.push_back(extents[static_cast<size_t>(i)]);
  return reshape(x, shape);
}

}  // namespace dvt::onnx
