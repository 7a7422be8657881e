#include "builder/lower.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "ops/all_ops.h"

namespace dvt::builder {
namespace {

bool all_constant(const std::vector<Dim>& dims) {
  return std::all_of(dims.begin(), dims.end(), [](const Dim& d) { return d.is_constant(); });
}

TensorType vector_type(size_t n) { return {DType::i64, {static_cast<int64_t>(n)}}; }

// slice: sizes follow from the output's shape; a start that depends on a symbol is read at run time.
std::optional<ir::Patch> read_start_at_run_time(const ir::Node& n) {
  const auto* s = n.as<ops::Slice>();
  if (!s || s->has_start_input || all_constant(s->start)) return std::nullopt;
  ops::Slice op = *s;
  op.has_start_input = true;
  ir::Patch patch;
  std::vector<ir::Value*> inputs = n.inputs();
  inputs.insert(inputs.begin() + 1, patch.symbolic(vector_type(s->start.size()), s->start));
  op.start.clear();
  op.size = n.output()->shape().dims();
  patch.replace(n.output(), patch.add(op, inputs));
  return patch;
}

std::optional<ir::Patch> read_pads_at_run_time(const ir::Node& n) {
  const auto* p = n.as<ops::Pad>();
  if (!p || p->has_pads_input || (all_constant(p->pads_begin) && all_constant(p->pads_end))) return std::nullopt;
  ops::Pad op = *p;
  std::vector<Dim> pads = p->pads_begin;
  pads.resize(static_cast<size_t>(n.input(0)->rank()));
  pads.insert(pads.end(), p->pads_end.begin(), p->pads_end.end());
  pads.resize(2 * static_cast<size_t>(n.input(0)->rank()));
  op.has_pads_input = true;
  op.pads_begin.clear();
  op.pads_end.clear();
  ir::Patch patch;
  std::vector<ir::Value*> inputs = n.inputs();
  inputs.insert(inputs.begin() + 1, patch.symbolic(vector_type(pads.size()), pads));
  patch.replace(n.output(), patch.add(op, inputs));
  return patch;
}

void lower_attributes(ir::Graph& graph) {
  std::vector<ir::Node*> nodes;
  for (const auto& n : graph.nodes()) nodes.push_back(n.get());
  for (ir::Node* n : nodes) {
    std::optional<ir::Patch> patch = read_start_at_run_time(*n);
    if (!patch) patch = read_pads_at_run_time(*n);
    if (patch) graph.apply(std::move(*patch), n);
  }
}

void give_outputs_their_own_step(ir::Graph& graph) {
  std::set<const ir::Value*> taken;
  const std::vector<ir::Output> outputs = graph.outputs();
  for (const ir::Output& o : outputs) graph.unmark_output(o.value);
  for (const ir::Output& o : outputs) {
    ir::Value* v = o.value;
    const ir::Node* producer = v->producer();
    const bool late = producer && !producer->late().empty();  // a copy of the result knows its size beforehand
    if (!producer || late || is_view(*producer) || !taken.insert(v).second) {
      v = graph.add_node(graph.unique_name(o.name + ".copy"), ops::Identity{}, {v})->output();
      taken.insert(v);
    }
    graph.mark_output(v, o.name);
  }
}

}  // namespace

bool is_view(const ir::Node& node) {
  // Sizes that only the run can tell to be equal are checked there, which takes a step.
  if (!node.as<ops::Reshape>() || node.has_epilogue() || node.num_inputs() != 1) return false;
  try {
    return node.output()->shape().volume() == node.input(0)->shape().volume();
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kUnsupported) throw;
    return false;  // a product of long sums, beyond the limits of expressions
  }
}

void lower_for_steps(ir::Graph& graph) {
  for (const auto& n : graph.nodes())
    for (const auto& region : n->regions()) lower_for_steps(*region);
  lower_attributes(graph);
  give_outputs_their_own_step(graph);
  graph.remove_dead();
}

}  // namespace dvt::builder
