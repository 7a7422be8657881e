// x * cos + rotate_half(x) * sin  ->  rotary(x, cos, sin)
// where rotate_half(x) is concat(neg(slice(x, second half)), slice(x, first half)) along the last axis, as exporters of
// transformers write it. Runs before to_pointwise.
#include "ops/data/concat.h"
#include "ops/data/slice.h"
#include "ops/nn/rotary.h"
#include "passes/fuse/fuse.h"
#include "passes/match.h"

namespace dvt::passes {
namespace {

using expr::ExprOp;

/// The input of `v` when v is its elements [first, first + count) of the last axis, else nullptr.
ir::Value* sliced(const ir::Value* v, int64_t first, int64_t count) {
  const ir::Node* n = producer_as<ops::Slice>(v);
  if (!n || n->num_inputs() != 1) return nullptr;
  const auto& slice = *n->as<ops::Slice>();
  const int last = n->input(0)->rank() - 1;
  if (v->rank() != last + 1 || static_cast<int>(slice.start.size()) != last + 1) return nullptr;
  for (int i = 0; i <= last; ++i) {
    const auto k = static_cast<size_t>(i);
    const bool whole = slice.start[k] == Dim(0) && v->shape()[i] == n->input(0)->shape()[i];
    const bool part = slice.start[k] == Dim(first) && v->shape()[i] == Dim(count);
    if ((!slice.step.empty() && !(slice.step[k] == Dim(1))) || !(i == last ? part : whole)) return nullptr;
  }
  return n->input(0);
}

/// x when v is concat(neg(second half of x), first half of x).
ir::Value* rotated(const ir::Value* v) {
  const ir::Node* concat = producer_as<ops::Concat>(v);
  if (!concat || concat->num_inputs() != 2 || concat->has_epilogue()) return nullptr;
  const int last = v->rank() - 1;
  const auto d = v->shape()[last].as_constant();
  if (!d || *d % 2 != 0 || normalize_axis(concat->as<ops::Concat>()->axis, v->rank()) != last) return nullptr;
  const ir::Node* negative = producer_elementwise(concat->input(0), ExprOp::neg);
  if (!negative) return nullptr;
  ir::Value* x = sliced(negative->input(0), *d / 2, *d / 2);
  return x && x == sliced(concat->input(1), 0, *d / 2) ? x : nullptr;
}

/// An angle of rotary's form: x's rank, a number for each element, leading axes of 1 or x's.
bool fits(const ir::Value& angles, const ir::Value& x) {
  if (angles.rank() != x.rank() || angles.dtype() != x.dtype()) return false;
  for (int i = 0; i < x.rank(); ++i) {
    const bool same = angles.shape()[i] == x.shape()[i];
    if (!same && (i == x.rank() - 1 || !(angles.shape()[i] == Dim(1)))) return false;
  }
  return true;
}

/// The other factor when n is `known` times something.
ir::Value* times(const ir::Node* n, const ir::Value* known) { return n ? other_input(*n, known) : nullptr; }

std::optional<ir::Patch> rewrite(const ir::Node& add) {
  if (add.as<ops::Elementwise>()->op != ExprOp::add) return std::nullopt;
  for (int side : {0, 1}) {
    const ir::Node* with_sine = producer_elementwise(add.input(side), ExprOp::mul);
    const ir::Node* with_cosine = producer_elementwise(add.input(1 - side), ExprOp::mul);
    if (!with_sine || !with_cosine) continue;
    for (ir::Value* turned : with_sine->inputs()) {
      ir::Value* x = rotated(turned);
      ir::Value* sine = x ? times(with_sine, turned) : nullptr;
      ir::Value* cosine = x ? times(with_cosine, x) : nullptr;
      if (!sine || !cosine || !is_floating(x->dtype()) || !fits(*cosine, *x) || !fits(*sine, *x)) continue;
      if (!same_shape(*add.output(), *x)) continue;
      ir::Patch patch;
      patch.replace(add.output(), patch.add(ops::Rotary{}, {x, cosine, sine}));
      return patch;
    }
  }
  return std::nullopt;
}

}  // namespace

Pass recognize_rotary() {
  return rewrite_pass<ops::Elementwise>("recognize-rotary", "x * cos + rotate_half(x) * sin -> rotary", &rewrite);
}

}  // namespace dvt::passes
