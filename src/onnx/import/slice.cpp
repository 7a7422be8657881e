#include <algorithm>
#include <climits>

#include "onnx/extent.h"
#include "onnx/import/importers.h"

namespace dvt::onnx {
namespace {

/// One axis of a slice in the form that the layer takes.
struct AxisSlice {
  Extent start = 0;
  Extent size = 0;
  int64_t step = 1;
};

Extent clamped(ImporterContext& c, const Extent& at, const Extent& low, const Extent& high) {
  if (at.value == 0 && low.value == 0) return at;  // extents are not negative
  return smaller(c, larger(c, at, low), high);
}

/// NumPy's x[start:end:step] along an axis of that extent: positions count from the end when negative, and are clamped.
AxisSlice resolve(ImporterContext& c, Extent start, Extent end, int64_t step, const Extent& extent) {
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
  Extents start, size;
  std::vector<int64_t> step;
  for (const AxisSlice& s : slices) {
    start.push_back(s.start);
    size.push_back(s.size);
    step.push_back(s.step);
  }
  const std::vector<int64_t> nothing(slices.size(), 0);
  const auto known_start = known(start), known_size = known(size);
  ISliceLayer& layer = c.added(c.network().addSlice(x, to_dims(known_start.value_or(nothing)),
                                                    to_dims(known_size.value_or(nothing)), to_dims(step)),
                               role);
  layer.setAxes(to_dims(axes));
  if (!known_start) layer.setInput(1, to_tensor(c, start, "start"));
  if (!known_size) layer.setInput(2, to_tensor(c, size, "size"));
  return first_output(layer);
}

void slice(ImporterContext& c, const Extents& starts, const Extents& ends, const std::vector<int64_t>& given_axes,
           const std::vector<int64_t>& steps) {
  ITensor& x = c.tensor(0);
  const std::vector<int64_t> axes = normalized_axes(given_axes, rank_of(x));
  if (starts.size() != ends.size() || axes.size() != starts.size() || steps.size() != starts.size())
    refuse(ParserCode::kINVALID_NODE)(starts.size(), " starts, ", ends.size(), " ends, ", axes.size(), " axes and ",
                                      steps.size(), " steps do not go together");
  std::vector<AxisSlice> slices;
  for (size_t i = 0; i < starts.size(); ++i)
    slices.push_back(resolve(c, starts[i], ends[i], steps[i], extent_of(c, x, static_cast<int>(axes[i]))));
  if (slices.empty()) return c.set_output(0, first_output(c.added(c.network().addIdentity(x))));
  c.set_output(0, slice_axes(c, x, axes, slices, ""));
}

std::vector<int64_t> first_axes(size_t count) {
  std::vector<int64_t> axes;
  for (size_t i = 0; i < count; ++i) axes.push_back(static_cast<int64_t>(i));
  return axes;
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
  slice(c, Extents(starts.begin(), starts.end()), Extents(ends.begin(), ends.end()),
        c.attribute_ints("axes", first_axes(starts.size())), std::vector<int64_t>(starts.size(), 1));
}

void import_slice(ImporterContext& c) {
  const Extents starts = extents_of_input(c, 1), ends = extents_of_input(c, 2);
  const std::vector<int64_t> axes = c.has_input(3) ? c.constant_ints(3, "axes") : first_axes(starts.size());
  const std::vector<int64_t> steps =
      c.has_input(4) ? c.constant_ints(4, "steps") : std::vector<int64_t>(starts.size(), 1);
  slice(c, starts, ends, axes, steps);
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
