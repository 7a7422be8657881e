#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// y[i, ...] = x[start + i * step, ...] for i < size, over every axis. Each of start, size and step is an attribute
/// (one element per axis; an empty start is 0, an empty step is 1) or, where its flag is set, an integer input; those
/// inputs follow x in that order. The value of an input size must be known; start and step may be known only at run
/// time, and are then clamped so that every position lies inside x.
struct Slice {
  static constexpr OpId kId = OpId::slice;
  static constexpr bool kTakesText = true;
  std::vector<Dim> start, size;
  std::vector<int64_t> step;
  bool has_start_input = false, has_size_input = false, has_step_input = false;
  friend bool operator==(const Slice&, const Slice&) = default;
};
DECLARE_SHAPE_OP(Slice);

/// The slice that ONNX writes as x[starts:ends:steps] along `axes` (empty: the first ones): negative positions
/// count from the end, and everything is clamped to the dimension. Throws Error(kInvalidModel) on lists that disagree.
Slice make_slice(const Shape& x, std::span<const Dim> starts, std::span<const Dim> ends, std::span<const int64_t> axes,
                 std::span<const int64_t> steps);

}  // namespace dvt::ops
