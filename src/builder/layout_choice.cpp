#include "builder/layout_choice.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <optional>

#include "base/error.h"
#include "builder/lower.h"
#include "ops/data/identity.h"

namespace dvt::builder {
namespace {

constexpr int kModes = 2;
/// A transposing copy, read and write, on one thread: of what a core's own caches hold, and of more.
constexpr double kCachedReformatBytesPerMs = 1.5e7, kReformatBytesPerMs = 4e6;
constexpr double kCachedBytes = 65536;
constexpr int kMaxSweeps = 20;

double bytes_at_opt(const ir::Value& v, const SymbolRanges& ranges) {
  double n = bits(v.dtype()) / 8.0;
  for (const Dim& d : v.shape()) n *= static_cast<double>(d.range(ranges).opt);
  return n;
}

double reformat_ms(const ir::Value& v, const SymbolRanges& ranges) {
  if (v.is_constant() || is_layout_neutral(v.shape())) return 0;
  const double bytes = bytes_at_opt(v, ranges);
  return 2 * bytes / (bytes <= kCachedBytes ? kCachedReformatBytesPerMs : kReformatBytesPerMs);
}

/// One node's options: nothing where the mode is not possible.
struct Options {
  const ir::Node* node;
  std::array<std::optional<NodePlan>, kModes> modes;
  double time(int mode) const { return modes[static_cast<size_t>(mode)]->choice->milliseconds; }
  bool has(int mode) const { return modes[static_cast<size_t>(mode)].has_value(); }
};

/// Assigns modes by local search: each node takes the mode that is cheapest given its neighbours, until none changes.
class Assignment {
 public:
  Assignment(const std::vector<Options>& options, const SymbolRanges& ranges) : options_(options), ranges_(ranges) {
    for (size_t i = 0; i < options.size(); ++i) index_[options[i].node] = i;
  }

  std::vector<int> solve() const {
    std::vector<int> best;
    double best_cost = 0;
    for (int preferred = 0; preferred < kModes; ++preferred) {
      std::vector<int> modes = descend(preferred);
      const double cost = total(modes);
      if (best.empty() || cost < best_cost) {
        best = std::move(modes);
        best_cost = cost;
      }
    }
    return best;
  }

 private:
  std::vector<int> descend(int preferred) const {
    std::vector<int> modes;
    for (const Options& o : options_) modes.push_back(o.has(preferred) ? preferred : 1 - preferred);
    bool changed = true;
    for (int sweep = 0; changed && sweep < kMaxSweeps; ++sweep) {
      changed = false;
      for (size_t i = 0; i < options_.size(); ++i) {
        if (!options_[i].has(1 - modes[i])) continue;
        const double here = local(modes, i);
        modes[i] = 1 - modes[i];
        if (local(modes, i) < here - 1e-9)
          changed = true;
        else
          modes[i] = 1 - modes[i];
      }
    }
    return modes;
  }

  // The layout that a value has under an assignment; views pass their source's bytes on and are plain.
  int layout_of(const ir::Value& v, const std::vector<int>& modes) const {
    if (!v.producer() || is_layout_neutral(v.shape())) return 0;
    const auto it = index_.find(v.producer());
    return it == index_.end() || v.rank() != v.producer()->output()->rank() ? 0 : modes[it->second];
  }

  // Reformats of one value: one for each layout that some reader wants and the value does not have.
  double reformats(const ir::Value& v, const std::vector<int>& modes) const {
    if (v.is_constant() || is_layout_neutral(v.shape())) return 0;
    const int have = layout_of(v, modes);
    bool want_other = have != 0 && v.is_graph_output();
    for (const ir::Use& u : v.uses()) {
      const auto it = index_.find(u.node);
      int want = 0;  // views read plain
      if (it != index_.end()) {
        const NodePlan& plan = *options_[it->second].modes[static_cast<size_t>(modes[it->second])];
        want = static_cast<int>(plan.problem.inputs[static_cast<size_t>(u.index)].layout);
      }
      want_other |= want != have;
    }
    return want_other ? reformat_ms(v, ranges_) : 0;
  }

  double local(const std::vector<int>& modes, size_t i) const {
    double cost = options_[i].time(modes[i]);
    for (const ir::Value* v : options_[i].node->inputs()) cost += reformats(*v, modes);
    for (const ir::Value* v : options_[i].node->outputs()) cost += reformats(*v, modes);
    return cost;
  }

  double total(const std::vector<int>& modes) const {
    double cost = 0;
    for (size_t i = 0; i < options_.size(); ++i) {
      cost += options_[i].time(modes[i]);
      for (const ir::Value* v : options_[i].node->outputs()) cost += reformats(*v, modes);
    }
    for (const ir::Value* v : options_.empty() ? std::vector<ir::Value*>() : options_[0].node->graph().inputs())
      cost += reformats(*v, modes);
    return cost;
  }

  const std::vector<Options>& options_;
  const SymbolRanges& ranges_;
  std::map<const ir::Node*, size_t> index_;
};

// A window must fit the smallest and the largest size of the profile: said now, not when the plan is loaded.
void check_windows(const backend::Problem& p) {
  const ops::OpId id = p.op.id();
  if (id != ops::OpId::conv && id != ops::OpId::conv_chain && id != ops::OpId::pool && id != ops::OpId::deconv) return;
  for (const auto at : {&backend::Operand::at_min, &backend::Operand::at_max}) {
    std::vector<ops::ValueInfo> inputs;
    for (const backend::Operand& o : p.op_inputs()) {
      Shape shape;
      for (int64_t d : (o.*at)()) shape.push_back(d);
      inputs.push_back({{o.dtype, shape}, std::nullopt});
    }
    ops::infer(p.op, inputs);
  }
}

// Elements that share bytes stay in plain order: nothing moves them from one layout to the other.
bool moves_shared_bytes(const backend::Problem& p) {
  const auto moved = [](const backend::Operand& o) {
    return o.layout != Layout::plain && bits(o.dtype) < 8 && backend::layout_matters(o);
  };
  return std::any_of(p.inputs.begin(), p.inputs.end(), moved) || std::any_of(p.outputs.begin(), p.outputs.end(), moved);
}

// The modes that a node can be in. Channels-last is an option only where a fast kernel takes it: the reference can
// always have plain.
Options options_of(const ir::Node& n, const SymbolRanges& ranges, const BuildOptions& options,
                   const backend::Device& device) {
  Options o{&n, {}};
  for (int m = 0; m < kModes; ++m) {
    const auto mode = static_cast<Layout>(m);
    if (!allows_mode(n, mode)) continue;
    NodePlan plan{mode, make_problem(n, ranges, mode), nullptr};
    if (mode != Layout::plain &&
        (moves_shared_bytes(plan.problem) || !has_fast_tactic(plan.problem, options.target, device)))
      continue;
    o.modes[static_cast<size_t>(m)] = std::move(plan);
  }
  return o;
}

// Channels-last first, which usually wins. Plain is out of the question where it takes longer than that with a reformat
// of every operand.
void choose_for(Options& o, const SymbolRanges& ranges, Tuner& tuner) {
  const ir::Node& n = *o.node;
  const auto constants = constants_of(n);
  double limit_ms = Tuner::kNoLimit;
  for (int m = kModes - 1; m >= 0; --m) {
    if (!o.has(m)) continue;
    NodePlan& plan = *o.modes[static_cast<size_t>(m)];
    try {
      if (m == 0) check_windows(plan.problem);
      plan.choice = &tuner.choose(plan.problem, constants, limit_ms);
    } catch (Error& e) {
      throw std::move(e).at(concat("node '", n.name(), "' (", n.op(), "), for some shape inside the profile"));
    }
    limit_ms = plan.choice->milliseconds;
    for (const ir::Value* v : n.inputs()) limit_ms += reformat_ms(*v, ranges);
    for (const ir::Value* v : n.outputs()) limit_ms += reformat_ms(*v, ranges);
  }
}

// The costliest problems come first: where time is short, it is spent on them.
std::vector<size_t> by_cost(const std::vector<Options>& all) {
  std::vector<double> cost;
  for (const Options& o : all) {
    const auto mode = o.modes[0] ? 0 : 1;
    const ops::Cost c = cost_at_opt(o.modes[static_cast<size_t>(mode)]->problem);
    cost.push_back(c.flops + c.bytes);
  }
  std::vector<size_t> order(all.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return cost[a] > cost[b]; });
  return order;
}

}  // namespace

std::vector<std::span<const std::byte>> constants_of(const ir::Node& n) {
  std::vector<std::span<const std::byte>> data;
  for (const ir::Value* v : n.inputs())
    data.push_back(v->is_constant() ? v->data().bytes() : std::span<const std::byte>());
  return data;
}

NodePlans choose_tactics(const ir::Graph& graph, const SymbolRanges& ranges, const BuildOptions& options,
                         Tuner& tuner) {
  NodePlans plans;
  std::vector<Options> all;
  for (const auto& n : graph.nodes()) {
    for (const auto& region : n->regions()) plans.merge(choose_tactics(*region, ranges, options, tuner));
    if (!is_view(*n) && !n->has_regions()) all.push_back(options_of(*n, ranges, options, tuner.device()));
  }
  int done = 0;
  for (size_t i : by_cost(all)) {
    if (options.progress && !options.progress("choosing tactics", done++, static_cast<int>(all.size())))
      throw Error(ErrorCode::kInvalidState, "the build was cancelled");
    choose_for(all[i], ranges, tuner);
  }
  const std::vector<int> modes = Assignment(all, ranges).solve();
  for (size_t i = 0; i < all.size(); ++i) plans[all[i].node] = std::move(*all[i].modes[static_cast<size_t>(modes[i])]);
  return plans;
}

namespace {

// A constant is rewritten now: the same elements with the channels moved last.
ir::Value* reformat_constant(ir::Graph& graph, const ir::Value& v) {
  const std::vector<int64_t> dims = v.shape().constants();
  const auto width = static_cast<size_t>(bits(v.dtype())) / 8;
  std::byte* out = nullptr;
  Blob data = Blob::allocate(byte_size(v.dtype(), v.view().volume()), &out);
  int64_t positions = 1;
  for (size_t i = 2; i < dims.size(); ++i) positions *= dims[i];
  for (int64_t n = 0; n < dims[0]; ++n)
    for (int64_t p = 0; p < positions; ++p)
      for (int64_t c = 0; c < dims[1]; ++c, out += width)
        std::memcpy(out, v.data().data() + static_cast<size_t>((n * dims[1] + c) * positions + p) * width, width);
  ir::Value* moved = graph.add_constant(graph.unique_name(v.name() + ".reformat"), v.type(), std::move(data));
  graph.set_layout(moved, ir::Layout::channels_last);
  return moved;
}

ir::Value* reformat(ir::Graph& graph, ir::Value* v, Layout to, ir::Node* before, const SymbolRanges& ranges,
                    Tuner& tuner, NodePlans& plans) {
  if (v->is_constant()) return reformat_constant(graph, *v);
  ir::Node* n = graph.insert_node(before, graph.unique_name(v->name() + ".reformat"), ops::Identity{}, {v});
  graph.set_layout(n->output(), static_cast<ir::Layout>(to));
  backend::Problem p = make_problem(*n, ranges, Layout::plain);
  p.inputs[0].layout = static_cast<Layout>(v->layout());
  p.outputs[0].layout = to;
  const Choice& choice = tuner.choose(p, {});
  plans[n] = {to, std::move(p), &choice};
  return n->output();
}

}  // namespace

void insert_reformats(ir::Graph& graph, const SymbolRanges& ranges, Tuner& tuner, NodePlans& plans) {
  std::map<std::pair<const ir::Value*, Layout>, ir::Value*> made;
  std::vector<ir::Node*> nodes;
  for (const auto& n : graph.nodes()) nodes.push_back(n.get());
  for (ir::Node* n : nodes) {
    for (const auto& region : n->regions()) insert_reformats(*region, ranges, tuner, plans);
    const auto plan = plans.find(n);
    for (int i = 0; i < n->num_inputs(); ++i) {
      ir::Value* v = n->input(i);
      const Layout want =
          plan == plans.end() ? Layout::plain : plan->second.problem.inputs[static_cast<size_t>(i)].layout;
      if (is_layout_neutral(v->shape()) || static_cast<Layout>(v->layout()) == want) continue;
      ir::Value*& other = made[{v, want}];
      if (!other) other = reformat(graph, v, want, n, ranges, tuner, plans);
      graph.set_input(n, i, other);
    }
    if (plan == plans.end()) continue;
    for (size_t i = 0; i < n->outputs().size(); ++i) {
      ir::Value* v = n->outputs()[i];
      if (is_layout_neutral(v->shape())) continue;
      graph.set_layout(v, static_cast<ir::Layout>(plan->second.problem.outputs[i].layout));
    }
  }
  // Users see plain outputs, in the order that they gave them.
  const std::vector<ir::Output> outputs = graph.outputs();
  for (const ir::Output& o : outputs) graph.unmark_output(o.value);
  for (const ir::Output& o : outputs) {
    const bool plain = o.value->layout() == ir::Layout::plain;
    graph.mark_output(plain ? o.value : reformat(graph, o.value, Layout::plain, nullptr, ranges, tuner, plans), o.name);
  }
}

}  // namespace dvt::builder
