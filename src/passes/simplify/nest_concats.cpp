// concat(slice(x, [a, b)), slice(x, [b, c)), y)  ->  concat(slice(x, [a, c)), y), and x itself where that is all of it;
// concat(a, b, c)  ->  concat(concat(a, b), c)      where concat(a, b) is computed anyway.
// Each moves fewer bytes, and leaves the builder one large part to write in place instead of many small ones: the
// layers of a densely connected block then grow one tensor.
#include <algorithm>

#include "ops/data/concat.h"
#include "ops/data/slice.h"
#include "passes/match.h"
#include "passes/simplify/simplify.h"

namespace dvt::passes {
namespace {

int axis_of(const ir::Node& concat) { return *normalize_axis(concat.as<ops::Concat>()->axis, concat.output()->rank()); }

/// A slice that takes a run of one axis and everything of the others.
struct Cut {
  ir::Value* from;
  Dim start, size;
};
std::optional<Cut> cut_along(const ir::Value* v, int axis) {
  const ir::Node* n = producer_as<ops::Slice>(v);
  const auto* op = n ? n->as<ops::Slice>() : nullptr;
  if (!op || n->has_epilogue() || n->num_inputs() != 1) return std::nullopt;
  if (std::any_of(op->step.begin(), op->step.end(), [](int64_t s) { return s != 1; })) return std::nullopt;
  const auto start = [&](int i) { return op->start.empty() ? Dim(0) : op->start[static_cast<size_t>(i)]; };
  const Shape& from = n->input(0)->shape();
  for (int i = 0; i < from.rank(); ++i)
    if (i != axis && !(start(i) == Dim(0) && from[i] == v->shape()[i])) return std::nullopt;
  return Cut{n->input(0), start(axis), v->shape()[axis]};
}

ir::Value* add_cut(ir::Patch& patch, const Cut& cut, int axis) {
  const Shape& from = cut.from->shape();
  if (cut.start == Dim(0) && cut.size == from[axis]) return cut.from;
  ops::Slice op;
  op.start.assign(static_cast<size_t>(from.rank()), Dim(0));
  op.size = from.dims();
  op.start[static_cast<size_t>(axis)] = cut.start;
  op.size[static_cast<size_t>(axis)] = cut.size;
  return patch.add(op, {cut.from});
}

std::optional<ir::Patch> join_slices(const ir::Node& concat) {
  const int axis = axis_of(concat);
  for (int i = 0; i + 1 < concat.num_inputs(); ++i) {
    const auto a = cut_along(concat.input(i), axis), b = cut_along(concat.input(i + 1), axis);
    if (!a || !b || a->from != b->from || !(a->start + a->size == b->start)) continue;
    ir::Patch patch;
    std::vector<ir::Value*> inputs = concat.inputs();
    inputs.erase(inputs.begin() + i + 1);
    inputs[static_cast<size_t>(i)] = add_cut(patch, {a->from, a->start, a->size + b->size}, axis);
    patch.replace(concat.output(), inputs.size() == 1 ? inputs[0] : patch.add(concat.op(), inputs));
    return patch;
  }
  return std::nullopt;
}

bool comes_before(const ir::Node& a, const ir::Node& b) {
  for (const auto& n : a.graph().nodes()) {
    if (n.get() == &a) return true;
    if (n.get() == &b) return false;
  }
  return false;
}

/// An earlier concatenation of inputs i, i + 1, … of this one: the longest.
const ir::Node* find_run(const ir::Node& concat, int i) {
  const auto rest = std::span(concat.inputs()).subspan(static_cast<size_t>(i));
  const ir::Node* best = nullptr;
  for (const ir::Use& use : concat.input(i)->uses()) {
    const ir::Node& n = *use.node;
    if (!n.as<ops::Concat>() || n.has_epilogue() || use.index != 0 || axis_of(n) != axis_of(concat)) continue;
    const auto count = static_cast<size_t>(n.num_inputs());
    if (count < 2 || count > rest.size() || count == static_cast<size_t>(concat.num_inputs())) continue;
    if (best && n.num_inputs() <= best->num_inputs()) continue;
    if (std::equal(n.inputs().begin(), n.inputs().end(), rest.begin()) && comes_before(n, concat)) best = &n;
  }
  return best;
}

std::optional<ir::Patch> nest(const ir::Node& concat) {
  for (int i = 0; i + 1 < concat.num_inputs(); ++i) {
    const ir::Node* inner = find_run(concat, i);
    if (!inner) continue;
    std::vector<ir::Value*> inputs = concat.inputs();
    inputs.erase(inputs.begin() + i + 1, inputs.begin() + i + inner->num_inputs());
    inputs[static_cast<size_t>(i)] = inner->output();
    ir::Patch patch;
    patch.replace(concat.output(), patch.add(concat.op(), inputs));
    return patch;
  }
  return std::nullopt;
}

std::optional<ir::Patch> rewrite(const ir::Node& concat) {
  if (concat.has_epilogue()) return std::nullopt;
  auto patch = join_slices(concat);
  return patch ? std::move(patch) : nest(concat);
}

}  // namespace

Pass nest_concats() {
  return rewrite_pass<ops::Concat>("nest-concats",
                                   "concatenations reuse each other, and take neighbouring slices as one", &rewrite);
}

}  // namespace dvt::passes
