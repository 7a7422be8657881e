#include <algorithm>
#include <climits>

#include "onnx/computed_axes.h"
#include "onnx/import/importers.h"

namespace dvt::onnx {
namespace {

/// One axis of a slice in the form that the layer takes.
struct AxisSlice {
  Extent start = 0;
  Extent size = 0;
  Extent step = 1;
};

Extent clamped(ImporterContext& c, const Extent& at, const Extent& low, const Extent& high) {
  if (at.value == 0 && low.value == 0) return at;  // extents are not negative
  return smaller(c, larger(c, at, low), high);
}

/// The same where the step is computed: whether it goes backwards is one of the choices.
AxisSlice resolve_by_computed_step(ImporterContext& c, const Extent& start, const Extent& end, const Extent& step,
                                   const Extent& extent) {
  const Flag backwards = is_less(c, step, 0);
  const Extent low = choose(c, backwards, -1, 0), high = choose(c, backwards, subtract(c, extent, 1), extent);
  const Extent first = smaller(c, larger(c, from_start(c, start, extent), 0), high);
  const Extent stop = smaller(c, larger(c, from_start(c, end, extent), low), high);
  const Extent way = choose(c, backwards, subtract(c, first, stop), subtract(c, stop, first));
  const Extent stride = larger(c, larger(c, step, subtract(c, 0, step)), 1);
  const Extent count = divide_down(c, add(c, way, subtract(c, stride, 1)), stride);
  return {first, larger(c, count, 0), step};
}

/// NumPy's x[start:end:step] along an axis of that extent: positions count from the end when negative, and are clamped.
AxisSlice resolve(ImporterContext& c, const Extent& start, const Extent& end, const Extent& given_step,
                  const Extent& extent) {
  if (!given_step.value) return resolve_by_computed_step(c, start, end, given_step, extent);
  const int64_t step = *given_step.value;
  if (step == 0) refuse(ParserCode::kINVALID_NODE)("a step of Slice is 0");
  AxisSlice slice;
  slice.step = step;
  // Exporters write "to the end" as the largest number of some type.
  if (step > 0) {
    slice.start = clamped(c, from_start(c, start, extent), 0, extent);
    const bool to_end = end.value && *end.value >= INT32_MAX;
    const Extent stop = to_end ? extent : clamped(c, from_start(c, end, extent), 0, extent);
    slice.size = larger(c, divide_up(c, subtract(c, stop, slice.start), step), 0);
    if (slice.start.value == 0 && to_end) slice.size = divide_up(c, extent, step);
    return slice;
  }
  const Extent last = subtract(c, extent, 1);
  const bool from_last = start.value && *start.value >= INT32_MAX;
  const bool to_first = end.value && *end.value <= INT32_MIN;
  slice.start = from_last ? last : smaller(c, larger(c, from_start(c, start, extent), 0), last);
  const Extent stop = to_first ? Extent(-1) : smaller(c, larger(c, from_start(c, end, extent), -1), last);
  slice.size = larger(c, divide_up(c, subtract(c, slice.start, stop), -step), 0);
  return slice;
}

ITensor& slice_axes(ImporterContext& c, ITensor& x, const std::vector<int64_t>& axes,
                    const std::vector<AxisSlice>& slices, std::string_view role) {
  Extents start, size, step;
  for (const AxisSlice& s : slices) {
    start.push_back(s.start);
    size.push_back(s.size);
    step.push_back(s.step);
  }
  const std::vector<int64_t> nothing(slices.size(), 0), ones(slices.size(), 1);
  const auto known_start = known(start), known_size = known(size), known_step = known(step);
  ISliceLayer& layer =
      c.added(c.network().addSlice(x, to_dims(known_start.value_or(nothing)), to_dims(known_size.value_or(nothing)),
                                   to_dims(known_step.value_or(ones))),
              role);
  layer.setAxes(to_dims(axes));
  if (!known_start || !known_step) layer.setInput(1, to_tensor(c, start, "start"));
  if (!known_size) layer.setInput(2, to_tensor(c, size, "size"));
  if (!known_step) layer.setInput(3, to_tensor(c, step, "step"));
  return first_output(layer);
}

/// The lists of a Slice, an element for each axis that is cut.
struct Lists {
  Extents starts, ends, steps;
};

void slice(ImporterContext& c, const Lists& lists, const std::vector<int64_t>& given_axes) {
  ITensor& x = c.tensor(0);
  const std::vector<int64_t> axes = normalized_axes(given_axes, rank_of(x));
  std::vector<AxisSlice> slices;
  for (size_t i = 0; i < axes.size(); ++i)
    slices.push_back(
        resolve(c, lists.starts[i], lists.ends[i], lists.steps[i], extent_of(c, x, static_cast<int>(axes[i]))));
  if (slices.empty()) return c.set_output(0, first_output(c.added(c.network().addIdentity(x))));
  c.set_output(0, slice_axes(c, x, axes, slices, ""));
}

/// Every axis is cut, as the layer wants it where steps are computed: those that the lists do not name from end to end.
void slice_every_axis(ImporterContext& c, const Lists& lists, const ComputedAxes& axes) {
  ITensor& x = c.tensor(0);
  Lists all;
  std::vector<int64_t> every;
  for (int k = 0; k < axes.rank(); ++k) {
    every.push_back(k);
    all.starts.push_back(axes.pick(k, lists.starts, 0));
    all.ends.push_back(axes.pick(k, lists.ends, extent_of(c, x, k)));
    all.steps.push_back(axes.pick(k, lists.steps, 1));
  }
  slice(c, all, every);
}

std::vector<int64_t> first_axes(size_t count) {
  std::vector<int64_t> axes;
  for (size_t i = 0; i < count; ++i) axes.push_back(static_cast<int64_t>(i));
  return axes;
}

void check_lengths(size_t starts, size_t ends, size_t axes, size_t steps) {
  if (starts == ends && axes == starts && steps == starts) return;
  refuse(ParserCode::kINVALID_NODE)(starts, " starts, ", ends, " ends, ", axes, " axes and ", steps,
                                    " steps do not go together");
}

/// Lengths of the parts along the axis.
Extents part_lengths(ImporterContext& c, const Extent& extent) {
  if (c.has_input(1)) return extents_of_input(c, 1);
  if (c.has_attribute("split")) {
    const std::vector<int64_t> given = c.attribute_ints("split");
    return Extents(given.begin(), given.end());
  }
  const int64_t count = c.attribute_int("num_outputs", c.num_outputs());
  if (count < 1 || count != c.num_outputs())
    refuse(ParserCode::kINVALID_NODE)("the attribute 'num_outputs' is ", count, "; the node has ", c.num_outputs(),
                                      " outputs");
  // Equal parts, of which the last may be shorter.
  const Extent length = divide_up(c, extent, count);
  Extents lengths(static_cast<size_t>(count), length);
  lengths.back() = subtract(c, extent, multiply(c, length, count - 1));
  return lengths;
}

}  // namespace

void import_slice_1(ImporterContext& c) {
  const std::vector<int64_t> starts = c.attribute_ints("starts"), ends = c.attribute_ints("ends");
  const std::vector<int64_t> axes = c.attribute_ints("axes", first_axes(starts.size()));
  check_lengths(starts.size(), ends.size(), axes.size(), starts.size());
  slice(c, {{starts.begin(), starts.end()}, {ends.begin(), ends.end()}, Extents(starts.size(), Extent(1))}, axes);
}

void import_slice(ImporterContext& c) {
  Lists lists{extents_of_input(c, 1), extents_of_input(c, 2), {}};
  const size_t count = lists.starts.size();
  lists.steps = c.has_input(4) ? extents_of_input(c, 4) : Extents(count, Extent(1));
  const std::vector<int64_t> first = first_axes(count);
  const Extents axes = c.has_input(3) ? extents_of_input(c, 3) : Extents(first.begin(), first.end());
  check_lengths(count, lists.ends.size(), axes.size(), lists.steps.size());
  const auto known_axes = known(axes);
  if (known_axes && known(lists.steps)) return slice(c, lists, *known_axes);
  slice_every_axis(c, lists, ComputedAxes(c, axes, c.dims(0).nbDims));
}

void import_split(ImporterContext& c) {
  ITensor& x = c.tensor(0);
  const int axis = normalized_axis(c.attribute_int("axis", 0), rank_of(x));
  const Extent extent = extent_of(c, x, axis);
  const Extents lengths = part_lengths(c, extent);
  if (static_cast<int>(lengths.size()) != c.num_outputs())
    refuse(ParserCode::kINVALID_NODE)(lengths.size(), " lengths for ", c.num_outputs(), " outputs");
  Extent start = 0;
  for (int i = 0; i < c.num_outputs(); ++i) {
    const Extent& length = lengths[static_cast<size_t>(i)];
    c.set_output(i, slice_axes(c, x, {axis}, {{start, length, 1}}, i == 0 ? "" : concat("part/", i)));
    start = add(c, start, length);
  }
  if (start.value && extent.value && *start.value != *extent.value)
    refuse(ParserCode::kINVALID_NODE)("the parts add up to ", *start.value, "; dimension ", axis, " is ",
                                      *extent.value);
}

}  // namespace dvt::onnx
