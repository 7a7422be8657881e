#pragma once
#include <map>
#include <optional>

#include "builder/layout_choice.h"

namespace dvt::builder {

/// Where a value lies: in memory of its own, or in that of another value.
struct Place {
  const ir::Value* root = nullptr;  ///< Has memory of its own.
  Dim offset;                       ///< From the root's first element, in elements.
  int slice_axis = -1;              ///< As in backend::Operand: -1 when the elements lie contiguous.
  Dim pitch;                        ///< Elements from one block to the next.
  bool is_slice() const { return slice_axis >= 0; }
};
/// Values that lie in another's memory and are not just its views.
using Places = std::map<const ir::Value*, Place>;

/// The place of a value: its own, that of what it is a view of, or the value itself.
Place place_of(const ir::Value& v, const Places& places);

/// The place of `part`, which is [start, start + its dim) of `whole` along `axis`. Nothing where its elements are not
/// evenly spaced blocks.
std::optional<Place> place_in(const ir::Value& whole, const Place& place, int axis, const Dim& start);

/// The place of a row-major tensor of shape `to` that has the elements of one of shape `from` at `place`. Nothing where
/// its blocks would not begin with an axis.
std::optional<Place> reshaped(const Place& place, const Shape& from, const Shape& to);

}  // namespace dvt::builder
