#include "api/build/format_nodes.h"

#include "ops/data/pad.h"
#include "ops/data/reshape.h"
#include "ops/data/slice.h"
#include "ops/data/transpose.h"

namespace dvt::api {
namespace {

ir::Value* add(ir::Graph& graph, const std::string& name, ops::Op op, ir::Value* x) {
  return graph.add_node(graph.unique_name(concat(name, ".format")), std::move(op), {x})->output();
}

/// Moves the last of `rank` dimensions to `to`.
ops::Transpose moving_last(int rank, int to) {
  ops::Transpose t;
  for (int i = 0; i + 1 < rank; ++i) t.perm.push_back(i);
  t.perm.insert(t.perm.begin() + to, rank - 1);
  return t;
}

/// Moves dimension `from` of `rank` to the end.
ops::Transpose moving_to_last(int rank, int from) {
  ops::Transpose t;
  for (int i = 0; i < rank; ++i)
    if (i != from) t.perm.push_back(i);
  t.perm.push_back(from);
  return t;
}

}  // namespace

ir::Value* from_format(ir::Graph& graph, ir::Value* x, const FormatInfo& f, const Shape& shape) {
  const std::string name = x->name();
  const int channel = shape.rank() - f.trailing;
  std::vector<Dim> padded = shape.dims();
  padded[static_cast<size_t>(channel)] = ceildiv(shape[channel], Dim(f.vector)) * Dim(f.vector);
  if (f.channels_last) {
    x = add(graph, name, moving_last(shape.rank(), channel), x);
  } else {
    x = add(graph, name, moving_last(shape.rank() + 1, channel + 1), x);
    x = add(graph, name, ops::Reshape{.shape = padded, .allow_zero = true}, x);
  }
  if (padded == shape.dims()) return x;
  return add(graph, name, ops::Slice{.start = std::vector<Dim>(padded.size(), Dim(0)), .size = shape.dims()}, x);
}

ir::Value* to_format(ir::Graph& graph, ir::Value* x, const FormatInfo& f, const std::string& name) {
  const int rank = x->rank(), channel = rank - f.trailing;
  const std::vector<Dim> dims = x->shape().dims();
  const auto at = static_cast<size_t>(channel);
  const Dim groups = ceildiv(dims[at], Dim(f.vector));
  if (groups * Dim(f.vector) != dims[at]) {
    ops::Pad pad{.pads_begin = std::vector<Dim>(dims.size(), Dim(0)),
                 .pads_end = std::vector<Dim>(dims.size(), Dim(0))};
    pad.pads_end[at] = groups * Dim(f.vector) - dims[at];
    x = add(graph, name, pad, x);
  }
  if (f.channels_last) return add(graph, name, moving_to_last(rank, channel), x);
  std::vector<Dim> split = dims;
  split[at] = groups;
  split.insert(split.begin() + channel + 1, Dim(f.vector));
  x = add(graph, name, ops::Reshape{.shape = split, .allow_zero = true}, x);
  return add(graph, name, moving_to_last(rank + 1, channel + 1), x);
}

}  // namespace dvt::api
