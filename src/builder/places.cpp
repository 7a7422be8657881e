#include "builder/places.h"

#include "base/error.h"
#include "builder/lower.h"

namespace dvt::builder {
namespace {

/// Product of the dims at memory positions [begin, end).
Dim product(const Shape& s, Layout layout, int begin, int end) {
  Dim n = 1;
  for (int i = begin; i < end; ++i) n = n * s[backend::memory_axis(layout, s.rank(), i)];
  return n;
}

}  // namespace

Place place_of(const ir::Value& v, const Places& places) {
  const ir::Value* at = &v;
  while (true) {
    if (const auto it = places.find(at); it != places.end()) return it->second;
    if (!at->producer() || !is_view(*at->producer())) return {at, 0, -1, 0};
    at = at->producer()->input(0);
  }
}

namespace {

std::optional<Place> find_place_in(const ir::Value& whole, const Place& place, int axis, const Dim& start) {
  const Shape& s = whole.shape();
  const auto layout = static_cast<Layout>(whole.layout());
  const int rank = s.rank(), at = backend::memory_position(layout, rank, axis);
  const bool one_block = product(s, layout, 0, at) == Dim(1);
  Place part = place;
  if (!place.is_slice()) {
    part.offset = place.offset + start * product(s, layout, at + 1, rank);
    if (one_block) return part;
    part.slice_axis = axis;
    part.pitch = product(s, layout, at, rank);
    return part;
  }
  const int block = backend::memory_position(layout, rank, place.slice_axis);
  if (at >= block) {
    // A part of each block, where no axis between would make several of it.
    if (!(product(s, layout, block, at) == Dim(1))) return std::nullopt;
    part.offset = place.offset + start * product(s, layout, at + 1, rank);
    part.slice_axis = axis;
    return part;
  }
  if (!one_block) return std::nullopt;
  part.offset = place.offset + start * place.pitch * product(s, layout, at + 1, block);
  return part;
}

std::optional<Place> find_reshaped(const Place& place, const Shape& from, const Shape& to) {
  if (!place.is_slice()) return place;
  const Dim block = product(from, Layout::plain, place.slice_axis, from.rank());
  Dim inner = 1;
  for (int axis = to.rank() - 1; axis > 0; --axis) {
    inner = inner * to[axis];
    if (!(inner == block)) continue;
    Place out = place;
    out.slice_axis = axis;
    return out;
  }
  return std::nullopt;
}

// Places are products of dimensions. Where these are long sums, the product may be an expression beyond its limits:
// what would be placed is copied then.
template <class Find>
std::optional<Place> within_limits(Find&& find) {
  try {
    return find();
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kUnsupported) throw;
    return std::nullopt;
  }
}

}  // namespace

std::optional<Place> place_in(const ir::Value& whole, const Place& place, int axis, const Dim& start) {
  return within_limits([&] { return find_place_in(whole, place, axis, start); });
}

std::optional<Place> reshaped(const Place& place, const Shape& from, const Shape& to) {
  return within_limits([&] { return find_reshaped(place, from, to); });
}

}  // namespace dvt::builder
