// Shape tensors whose elements are known symbolically become attributes, so that nothing but the op's data is left as
// an input. Runs before materialize_shapes, which then finds the shape arithmetic dead.
#include <algorithm>

#include "ops/all_ops.h"
#include "passes/simplify/simplify.h"

namespace dvt::passes {
namespace {

std::vector<int64_t> constants_of(const std::vector<Dim>& dims) {
  std::vector<int64_t> out;
  for (const Dim& d : dims) {
    if (!d.is_constant()) return {};
    out.push_back(d.constant());
  }
  return out;
}

// A zero in an output shape is a size, not "copy the input's".
bool has_zero(const Shape& shape) {
  return std::any_of(shape.begin(), shape.end(), [](const Dim& d) { return d == Dim(0); });
}

// Ops whose output shape says everything that input 1 says.
template <class T>
std::optional<ir::Patch> take_output_shape(const ir::Node& n, T op) {
  if (n.num_inputs() < 2) return std::nullopt;
  op.shape = n.output()->shape().dims();
  ir::Patch patch;
  patch.replace(n.output(), patch.add(op, {n.input(0)}));
  return patch;
}

// Where the output has the input's size for the target's, the target's stays: the run checks that they are equal.
std::optional<ir::Patch> resolve_expand(const ir::Node& n, ops::Expand e) {
  if (n.num_inputs() < 2) return std::nullopt;
  e.shape = n.output()->shape().dims();
  if (const auto& target = n.input(1)->known()) {
    const size_t offset = e.shape.size() - target->size();
    for (size_t i = 0; i < target->size(); ++i)
      if (!(*target)[i].is_constant() && !e.shape[offset + i].is_constant()) e.shape[offset + i] = (*target)[i];
  }
  ir::Patch patch;
  patch.replace(n.output(), patch.add(e, {n.input(0)}));
  return patch;
}

std::optional<ir::Patch> resolve_slice(const ir::Node& n, ops::Slice s) {
  std::vector<ir::Value*> inputs = {n.input(0)};
  int next = 1;
  bool changed = false;
  const auto take = [&](bool& flag) -> const std::vector<Dim>* {
    if (!flag) return nullptr;
    ir::Value* v = n.input(next++);
    if (v->known()) {
      flag = false;
      changed = true;
      return &*v->known();
    }
    inputs.push_back(v);
    return nullptr;
  };
  if (const auto* start = take(s.has_start_input)) s.start = *start;
  if (const auto* size = take(s.has_size_input)) s.size = *size;
  if (const auto* step = take(s.has_step_input)) {
    s.step = constants_of(*step);
    if (s.step.empty()) return std::nullopt;
  }
  if (!changed) return std::nullopt;
  ir::Patch patch;
  patch.replace(n.output(), patch.add(s, inputs));
  return patch;
}

std::optional<ir::Patch> resolve_resize(const ir::Node& n, ops::Resize r) {
  const int announced = r.has_scales_input + r.has_crop_input;
  if (n.num_inputs() - announced < 2 || !n.input(1)->known()) return std::nullopt;
  r.sizes = *n.input(1)->known();
  std::vector<ir::Value*> inputs = {n.input(0)};
  for (int i = 2; i < n.num_inputs(); ++i) inputs.push_back(n.input(i));
  ir::Patch patch;
  patch.replace(n.output(), patch.add(r, inputs));
  return patch;
}

std::optional<ir::Patch> resolve_topk(const ir::Node& n, ops::TopK t) {
  if (n.num_inputs() < 2 || !n.input(1)->known()) return std::nullopt;
  t.k = *n.input(1)->known();
  ir::Patch patch;
  ir::Value* values = patch.add(t, {n.input(0)});
  patch.replace(n.output(0), values);
  patch.replace(n.output(1), ir::Patch::sibling(values, 1));
  return patch;
}

std::optional<ir::Patch> resolve_image_decode(const ir::Node& n, ops::ImageDecode d) {
  if (n.num_inputs() < 2 || !n.input(1)->known()) return std::nullopt;
  d.size = *n.input(1)->known();
  ir::Patch patch;
  patch.replace(n.output(), patch.add(d, {n.input(0)}));
  return patch;
}

std::optional<ir::Patch> resolve_pad(const ir::Node& n, ops::Pad p) {
  if (!p.has_pads_input || !n.input(1)->known()) return std::nullopt;
  const std::vector<Dim>& pads = *n.input(1)->known();
  const auto half = static_cast<std::ptrdiff_t>(pads.size() / 2);
  p.pads_begin.assign(pads.begin(), pads.begin() + half);
  p.pads_end.assign(pads.begin() + half, pads.end());
  p.has_pads_input = false;
  std::vector<ir::Value*> inputs = {n.input(0)};
  if (p.has_value) inputs.push_back(n.input(2));
  ir::Patch patch;
  patch.replace(n.output(), patch.add(p, inputs));
  return patch;
}

std::optional<ir::Patch> resolve_tile(const ir::Node& n, ops::Tile t) {
  if (n.num_inputs() < 2 || !n.input(1)->known()) return std::nullopt;
  t.repeats = *n.input(1)->known();
  ir::Patch patch;
  patch.replace(n.output(), patch.add(t, {n.input(0)}));
  return patch;
}

// start, limit, delta with known integers: only the count and the end points that a kernel needs stay.
std::optional<ir::Patch> resolve_range(const ir::Node& n, ops::Range r) {
  if (n.num_inputs() != 3) return std::nullopt;
  r.count = {n.output()->shape()[0]};
  ir::Patch patch;
  patch.replace(n.output(), patch.add(r, {n.input(0), n.input(2)}));
  return patch;
}

std::optional<ir::Patch> rewrite(const ir::Node& n, const Options&) {
  if (const auto* op = n.as<ops::Reshape>())
    return take_output_shape(n, ops::Reshape{{}, has_zero(n.output()->shape())});
  if (const auto* op = n.as<ops::Expand>()) return resolve_expand(n, *op);
  if (const auto* op = n.as<ops::Fill>()) return take_output_shape(n, *op);
  if (const auto* op = n.as<ops::Slice>()) return resolve_slice(n, *op);
  if (const auto* op = n.as<ops::Resize>()) return resolve_resize(n, *op);
  if (const auto* op = n.as<ops::TopK>()) return resolve_topk(n, *op);
  if (const auto* op = n.as<ops::ImageDecode>()) return resolve_image_decode(n, *op);
  if (const auto* op = n.as<ops::Pad>()) return resolve_pad(n, *op);
  if (const auto* op = n.as<ops::Tile>()) return resolve_tile(n, *op);
  if (const auto* op = n.as<ops::Range>()) return resolve_range(n, *op);
  return std::nullopt;
}

}  // namespace

Pass resolve_shape_inputs() {
  return rewrite_pass("resolve-shape-inputs", "shape tensors that are known become attributes", &rewrite);
}

}  // namespace dvt::passes
