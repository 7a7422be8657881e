#include "builder/place_slices.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "builder/lower.h"
#include "ops/data/concat.h"
#include "ops/data/identity.h"
#include "ops/data/slice.h"

namespace dvt::builder {
namespace {

/// What changes when a value moves into the memory of another: collected first, then made or dropped.
struct Change {
  Places places;
  std::map<const ir::Value*, Layout> layouts;  ///< Of those of the places that are slices.
  NodePlans plans;                             ///< Of nodes whose operands become slices.
};

/// Whether a shape is known only in the run: then a place made of it might be needed before it is known.
bool is_late(std::span<const Dim> dims) {
  std::vector<std::string> symbols;
  for (const Dim& d : dims) d.collect_symbols(symbols);
  return std::any_of(symbols.begin(), symbols.end(), [](const std::string& s) { return s.starts_with(kLate); });
}
bool is_late(const ir::Value& v) {
  return is_late(v.shape().dims()) || (v.producer() && !v.producer()->late().empty());
}

class SlicePlacer {
 public:
  SlicePlacer(ir::Graph& graph, const SymbolRanges& ranges, const BuildOptions& options, Tuner& tuner, NodePlans& plans)
      : graph_(graph), ranges_(ranges), options_(options), tuner_(tuner), plans_(plans) {}

  Places run() {
    std::vector<ir::Node*> nodes;
    for (const auto& n : graph_.nodes()) nodes.push_back(n.get());
    // The outermost concatenation first, so that one in it finds its place in the whole.
    for (auto it = nodes.rbegin(); it != nodes.rend(); ++it)
      if ((*it)->as<ops::Concat>() && plans_.contains(*it)) write_in_place(**it);
    for (ir::Node* n : nodes)
      if (n->as<ops::Slice>() && plans_.contains(n)) read_in_place(*n);
    if (concats_ + slices_ > 0)
      log(Severity::kVerbose, "build",
          concat(concats_, " concatenations written in place with ", copies_, " copies, ", slices_,
                 " slices read in place"));
    return std::move(places_);
  }

 private:
  void write_in_place(ir::Node& node) {
    const ir::Value& whole = *node.output();
    if (node.has_epilogue() || bits(whole.dtype()) % 8 != 0 || whole.dtype() == DType::text || is_late(whole)) return;
    for (const ir::Value* v : node.inputs())
      if (is_late(*v)) return;
    const int axis = *normalize_axis(node.as<ops::Concat>()->axis, whole.rank());
    const Place place = place_of(whole, places_);
    std::vector<Place> parts;
    Dim start = 0;
    for (const ir::Value* v : node.inputs()) {
      const auto part = place_in(whole, place, axis, start);
      if (!part) return;
      parts.push_back(*part);
      start = start + v->shape()[axis];
    }
    // A part stays where it is when moving it costs more than copying it, which is its share of the concatenation.
    const double total_ms = plans_.at(&node).choice->milliseconds, total_elements = elements(whole);
    Change all;
    std::vector<int> copied;
    for (int i = 0; i < node.num_inputs(); ++i) {
      const double saved = total_ms * elements(*node.input(i)) / total_elements;
      auto change = move_part(node, i, parts[static_cast<size_t>(i)], all);
      if (change && slower_ms(*change) - slower_ms(all) <= saved)
        all = std::move(*change);
      else
        copied.push_back(i);
    }
    if (static_cast<int>(copied.size()) == node.num_inputs()) return;
    apply(std::move(all));
    plans_.erase(&node);
    for (int i : copied) copy_part(node, i, parts[static_cast<size_t>(i)]);
    ++concats_;
  }

  /// What changes, on top of `so_far`, when input i of the concatenation is written at `place`.
  std::optional<Change> move_part(const ir::Node& node, int i, Place place, const Change& so_far) {
    const ir::Value* v = node.input(i);
    const auto layout = static_cast<Layout>(node.output()->layout());
    if (v->layout() != node.output()->layout() && !is_layout_neutral(v->shape())) return std::nullopt;
    // A view is written where what it views is written.
    while (v->producer() && is_view(*v->producer())) {
      if (layout != Layout::plain || places_.contains(v) || v->is_graph_output()) return std::nullopt;
      const ir::Value* source = v->producer()->input(0);
      const auto moved = reshaped(place, v->shape(), source->shape());
      if (!moved) return std::nullopt;
      place = *moved;
      v = source;
    }
    if (!v->producer() || !plans_.contains(v->producer()) || v->is_graph_output()) return std::nullopt;
    if (places_.contains(v) || so_far.places.contains(v)) return std::nullopt;
    Change change = so_far;
    const bool moves =
        move_to(*v, place, layout, change) &&
        (!place.is_slice() || set_slice(*v->producer(), false, v->output_index(), place, layout, change)) &&
        move_readers(*v, place, layout, &node, change) && choose_again(change);
    return moves ? std::optional(std::move(change)) : std::nullopt;
  }

  void copy_part(ir::Node& node, int i, const Place& place) {
    ir::Value* v = node.input(i);
    ir::Node* copy = graph_.insert_node(&node, graph_.unique_name(node.name() + ".part"), ops::Identity{}, {v});
    graph_.set_layout(copy->output(), node.output()->layout());
    graph_.set_input(&node, i, copy->output());
    NodePlan plan{Layout::plain, make_problem(*copy, ranges_, Layout::plain), nullptr};
    plan.problem.inputs[0].layout = static_cast<Layout>(v->layout());
    plan.problem.inputs[0].slice_axis = place_of(*v, places_).slice_axis;
    plan.problem.outputs[0].layout = static_cast<Layout>(node.output()->layout());
    plan.problem.outputs[0].slice_axis = place.slice_axis;
    plan.choice = &tuner_.choose(plan.problem, {});
    plans_[copy] = std::move(plan);
    places_[copy->output()] = place;
    ++copies_;
  }

  void read_in_place(const ir::Node& node) {
    const ir::Value &from = *node.input(0), &to = *node.output();
    if (node.has_epilogue() || bits(to.dtype()) % 8 != 0 || to.dtype() == DType::text) return;
    if (from.is_constant() || from.is_symbolic()) return;
    if (to.is_graph_output() || places_.contains(&to) || is_late(from) || is_late(to)) return;
    if (to.layout() != from.layout() && !is_layout_neutral(to.shape())) return;
    const auto cut = cut_of(node);
    if (!cut || is_late(std::span(&cut->start, 1))) return;
    const auto place = place_in(from, place_of(from, places_), cut->axis, cut->start);
    if (!place) return;
    Change change;
    const auto layout = static_cast<Layout>(from.layout());
    if (!move_to(to, *place, layout, change) || !move_readers(to, *place, layout, nullptr, change) ||
        !choose_again(change))
      return;
    if (slower_ms(change) > plans_.at(&node).choice->milliseconds) return;
    apply(std::move(change));
    plans_.erase(&node);
    ++slices_;
  }

  struct Cut {
    int axis = 0;
    Dim start;
  };
  /// The one axis of which a slice takes a run that is known to lie inside.
  std::optional<Cut> cut_of(const ir::Node& node) const {
    const auto& op = *node.as<ops::Slice>();
    const Shape &from = node.input(0)->shape(), &to = node.output()->shape();
    if (op.has_step_input || std::any_of(op.step.begin(), op.step.end(), [](int64_t s) { return s != 1; }))
      return std::nullopt;
    std::vector<Dim> start = op.start;
    if (op.has_start_input) {
      if (!node.input(1)->known()) return std::nullopt;
      start = *node.input(1)->known();
    }
    if (static_cast<int>(start.size()) != from.rank()) return std::nullopt;
    std::optional<Cut> cut;
    for (int axis = 0; axis < from.rank(); ++axis) {
      const Dim& at = start[static_cast<size_t>(axis)];
      if (at == Dim(0) && from[axis] == to[axis]) continue;
      const bool inside = at.range(ranges_).min >= 0 && (from[axis] - at - to[axis]).range(ranges_).min >= 0;
      if (cut || !inside) return std::nullopt;
      cut = Cut{axis, at};
    }
    return cut ? cut : std::optional(Cut{0, 0});
  }

  static bool move_to(const ir::Value& v, const Place& place, Layout layout, Change& change) {
    change.places[&v] = place;
    if (place.is_slice()) change.layouts[&v] = layout;
    return true;
  }

  /// Tells the readers of a value that it is a slice; views of it move along.
  bool move_readers(const ir::Value& v, const Place& place, Layout layout, const ir::Node* gone, Change& change) {
    if (!place.is_slice()) return true;  // contiguous, only elsewhere
    for (const ir::Use& use : v.uses()) {
      if (use.node == gone) continue;
      if (!is_view(*use.node)) {
        if (!set_slice(*use.node, true, use.index, place, layout, change)) return false;
        continue;
      }
      const ir::Value& view = *use.node->output();
      const auto moved = reshaped(place, v.shape(), view.shape());
      if (layout != Layout::plain || !moved || view.is_graph_output()) return false;
      if (!move_to(view, *moved, layout, change) || !move_readers(view, *moved, layout, gone, change)) return false;
    }
    return true;
  }

  bool set_slice(const ir::Node& node, bool is_input, int index, const Place& place, Layout layout, Change& change) {
    const auto it = plans_.find(&node);
    if (it == plans_.end()) return false;
    backend::Problem& p = change.plans.try_emplace(&node, it->second).first->second.problem;
    backend::Operand& o = (is_input ? p.inputs : p.outputs)[static_cast<size_t>(index)];
    // The blocks of a slice depend on the layout, even where the order of elements does not.
    if (o.constant || (o.layout != layout && layout_matters(o))) return false;
    o.layout = layout;
    o.slice_axis = place.slice_axis;
    return true;
  }

  /// The same tactics where they take slices, which then cost nothing; else what is fastest. False: none is left.
  bool choose_again(Change& change) {
    for (auto& [node, plan] : change.plans) {
      if (!options_.verify_tactics && plan.choice->tactic->supports(plan.problem, options_.target)) continue;
      try {
        plan.choice = &tuner_.choose(plan.problem, constants_of(*node));
      } catch (const Error&) {
        return false;
      }
      if (plan.choice->tactic == &tuner_.device().tactics().back()) return false;
    }
    return true;
  }

  double slower_ms(const Change& change) const {
    double sum = 0;
    for (const auto& [node, plan] : change.plans) {
      const Choice& before = *plans_.at(node).choice;
      if (plan.choice->tactic != before.tactic) sum += plan.choice->milliseconds - before.milliseconds;
    }
    return sum;
  }

  void apply(Change&& change) {
    for (const auto& [v, layout] : change.layouts)
      graph_.set_layout(v->producer()->output(v->output_index()), static_cast<ir::Layout>(layout));
    for (auto& [v, place] : change.places) places_[v] = place;
    for (auto& [node, plan] : change.plans) plans_[node] = std::move(plan);
  }

  double elements(const ir::Value& v) const {
    double n = 1;
    for (const Dim& d : v.shape()) n *= static_cast<double>(d.range(ranges_).opt);
    return std::max(n, 1.0);
  }

  ir::Graph& graph_;
  const SymbolRanges& ranges_;
  const BuildOptions& options_;
  Tuner& tuner_;
  NodePlans& plans_;
  Places places_;
  int concats_ = 0, slices_ = 0, copies_ = 0;
};

}  // namespace

Places place_slices(ir::Graph& graph, const SymbolRanges& ranges, const BuildOptions& options, Tuner& tuner,
                    NodePlans& plans) {
  return SlicePlacer(graph, ranges, options, tuner, plans).run();
}

}  // namespace dvt::builder
