#include "ir/regions.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "ops/control/if.h"
#include "ops/control/loop.h"

namespace dvt::ir {
namespace {

constexpr auto kBad = ErrorCode::kInvalidModel;

/// Symbols that only a node's regions know: those of its scope, and elements of their input shape tensors.
class InnerSymbols {
 public:
  InnerSymbols(const Node& n, std::string scope) : scope_(std::move(scope)) {
    for (const auto& region : n.regions())
      for (const Value* v : region->inputs())
        if (v->is_shape_input() && v->known())
          for (const Dim& d : *v->known()) d.collect_symbols(elements_);
    std::erase_if(elements_, [&](const std::string& s) { return is_outside(n, s); });
  }
  bool in(const Dim& d) const {
    std::vector<std::string> used;
    d.collect_symbols(used);
    return std::any_of(used.begin(), used.end(), [&](const std::string& s) {
      return s.starts_with(scope_) || std::find(elements_.begin(), elements_.end(), s) != elements_.end();
    });
  }

 private:
  static bool is_outside(const Node& n, const std::string& symbol) {
    std::vector<std::string> known;
    for (const Value* v : n.inputs())
      if (v->known())
        for (const Dim& d : *v->known()) d.collect_symbols(known);
    return std::find(known.begin(), known.end(), symbol) != known.end();
  }
  std::string scope_;
  std::vector<std::string> elements_;
};

/// Named after what has the size, so that it stays the same when other operands of the node go.
Dim fresh(const std::string& scope, std::string_view what, std::string_view name, int axis) {
  if (name.starts_with(scope)) name.remove_prefix(std::min(name.size(), scope.size() + 1));
  return Dim::symbol(concat(scope, ".", what, ".", name, ".d", axis));
}

/// A region's result as it is seen from outside: dims that only the region can know are late-bound symbols.
TensorType seen_outside(const TensorType& inside, const InnerSymbols& inner, const std::string& scope,
                        const std::string& name) {
  TensorType out = inside;
  for (int a = 0; a < out.rank(); ++a)
    if (inner.in(out.shape[a])) out.shape[a] = fresh(scope, "out", name, a);
  return out;
}

void require_one(const Value& v, DType dtype, std::string_view what) {
  const auto count = v.shape().volume().as_constant();
  if (v.dtype() != dtype || (count && *count != 1))
    throw Error(kBad, what, " must be one ", dtype, ", got '", v.name(), "' ", v.type());
}

void require_count(size_t got, size_t expected, std::string_view what) {
  if (got != expected) throw Error(kBad, "expected ", expected, " ", what, ", got ", got);
}

void require_scope(const std::string& scope) {
  if (scope.size() < 2 || scope[0] != '?')
    throw Error(kBad, "scope must name the node's late-bound symbols and start with '?', got '", scope, "'");
}

/// The region's own message with the region it is about.
void refresh(Graph& region, std::string_view what) {
  try {
    region.refresh();
  } catch (Error& e) {
    throw std::move(e).at(concat("in the ", what));
  }
}

/// Collects the late-bound symbols of a node's results.
class LateResults {
 public:
  LateResults(RegionTypes& out, std::string scope) : out_(out), scope_(std::move(scope)) {}
  /// A bound is one that is known outside.
  void bound(const Dim& symbol, Dim max) { bounds_.emplace(*symbol.as_symbol(), std::move(max)); }
  void add(TensorType type) {
    std::vector<std::string> names;
    for (const Dim& d : type.shape) d.collect_symbols(names);
    for (const std::string& name : names) {
      if (!name.starts_with(scope_) || std::find(out_.late.begin(), out_.late.end(), name) != out_.late.end()) continue;
      const auto bound = bounds_.find(name);
      out_.late.push_back(name);
      out_.sizes.push_back({bound == bounds_.end() ? std::optional<Dim>() : bound->second});
    }
    out_.types.push_back(std::move(type));
  }

 private:
  RegionTypes& out_;
  std::string scope_;
  std::map<std::string, Dim> bounds_;
};

RegionTypes infer_if(Node& n, const ops::If& op) {
  require_scope(op.scope);
  require_count(n.regions().size(), 2, "regions of an if");
  if (n.num_inputs() < 1) throw Error(kBad, "an if needs a condition");
  require_one(*n.input(0), DType::b8, "the condition of an if");
  for (const auto& region : n.regions()) {
    require_count(region->inputs().size(), static_cast<size_t>(n.num_inputs()) - 1, "inputs of a branch");
    for (size_t i = 0; i < region->inputs().size(); ++i)
      region->bind_input(region->inputs()[i], n.inputs()[i + 1]->info());
    refresh(*region, region == n.regions()[0] ? "branch taken when true" : "branch taken when false");
  }
  const std::vector<Output>&then = n.region(0).outputs(), &otherwise = n.region(1).outputs();
  require_count(otherwise.size(), then.size(), "results of the second branch");
  const InnerSymbols inner(n, op.scope);
  RegionTypes out;
  LateResults results(out, op.scope);
  for (size_t j = 0; j < then.size(); ++j) {
    const TensorType &a = then[j].value->type(), &b = otherwise[j].value->type();
    if (a.dtype != b.dtype || a.rank() != b.rank())
      throw Error(kBad, "result ", j, " is ", a, " ('", then[j].name, "') when the condition is true but ", b, " ('",
                  otherwise[j].name, "') when it is false; only sizes may differ");
    TensorType type = seen_outside(a, inner, op.scope, then[j].name);
    for (int axis = 0; axis < type.rank(); ++axis) {
      if (a.shape[axis] == b.shape[axis]) continue;
      type.shape[axis] = fresh(op.scope, "out", then[j].name, axis);
      if (!inner.in(a.shape[axis]) && !inner.in(b.shape[axis]))
        results.bound(type.shape[axis], max(a.shape[axis], b.shape[axis]));
    }
    results.add(std::move(type));
  }
  return out;
}

class LoopInference {
 public:
  LoopInference(Node& n, const ops::Loop& op) : n_(n), op_(op), at_(op) {}

  RegionTypes run() {
    check_form();
    for (int j = 0; j < op_.carried; ++j) carried_.push_back(first_type(j));
    int most = 2;
    for (const TensorType& t : carried_) most += t.rank();
    do {
      for (const auto& region : n_.regions()) bind(*region);
      refresh(body(), "loop's body");
      if (--most < 0) throw Error(ErrorCode::kInternal, "a loop's types do not become stable");
    } while (vary());
    if (op_.while_form) {
      refresh(n_.region(1), "loop's condition");
      require_count(n_.region(1).outputs().size(), 1, "results of a loop's condition");
      require_one(*n_.region(1).outputs()[0].value, DType::b8, "a loop's condition");
    }
    if (op_.has_condition) require_one(*body().outputs()[0].value, DType::b8, "a loop's condition");
    return results();
  }

 private:
  Graph& body() const { return n_.region(0); }

  void check_form() const {
    require_scope(op_.scope);
    require_count(n_.regions().size(), op_.while_form ? 2 : 1, "regions of a loop");
    if (n_.num_inputs() < at_.first_capture)
      throw Error(kBad, "a loop of this form has at least ", at_.first_capture, " inputs, got ", n_.num_inputs());
    const int captures = n_.num_inputs() - at_.first_capture;
    for (const auto& region : n_.regions())
      require_count(region->inputs().size(), static_cast<size_t>(at_.body_first_capture + captures),
                    "inputs of a loop's region");
    require_count(body().outputs().size(), static_cast<size_t>(at_.body_outputs), "results of a loop's body");
    if (at_.limit >= 0) require_one(*n_.input(at_.limit), DType::i64, "a loop's trip limit");
    if (at_.condition >= 0) require_one(*n_.input(at_.condition), DType::b8, "a loop's initial condition");
    for (int k : at_.length_of)
      if (k >= 0) require_one(*n_.input(k), DType::i64, "the length of a loop's stacked result");
  }

  Dim symbol(size_t j, int axis) const { return carried_size(op_.scope, body().inputs()[1 + j]->name(), axis); }

  /// A size that was found to change stays a symbol: attributes inside the body may name it.
  TensorType first_type(int j) const {
    TensorType type = n_.input(at_.first_carried + j)->type();
    const Shape& before = body().inputs()[static_cast<size_t>(1 + j)]->shape();
    for (int a = 0; a < type.rank() && type.rank() == before.rank(); ++a)
      if (const Dim s = symbol(static_cast<size_t>(j), a); before[a] == s) type.shape[a] = s;
    return type;
  }

  /// Slices are copied by whole bytes.
  static void require_bytes(const TensorType& t, std::string_view what, std::string_view name) {
    if (bits(t.dtype) < 8)
      throw Error(ErrorCode::kUnsupported, "a loop cannot ", what, " '", name, "' ", t,
                  ", whose elements share bytes; cast it to a type of 8 bits for the loop");
  }

  int scan_axis(int k) const {
    const Value& v = *n_.input(at_.first_scanned + k);
    require_bytes(v.type(), "slice", v.name());
    const auto axis = normalize_axis(op_.scan_axes[static_cast<size_t>(k)], v.rank());
    if (!axis)
      throw Error(kBad, "a loop scans '", v.name(), "' ", v.type(), " along axis ",
                  op_.scan_axes[static_cast<size_t>(k)], ", which is outside its rank");
    return *axis;
  }

  TensorType slice_type(int k) const {
    TensorType t = n_.input(at_.first_scanned + k)->type();
    std::vector<Dim> dims = t.shape.dims();
    dims.erase(dims.begin() + scan_axis(k));
    return {t.dtype, Shape(std::move(dims))};
  }

  void bind(Graph& region) const {
    const auto input = [&](int i) { return region.inputs()[static_cast<size_t>(i)]; };
    region.bind_input(input(0), {{DType::i64, {}}, std::nullopt});
    for (int j = 0; j < op_.carried; ++j)
      region.bind_input(input(1 + j), {carried_[static_cast<size_t>(j)], std::nullopt});
    for (int k = 0; k < at_.scanned; ++k)
      region.bind_input(input(at_.body_first_scanned + k), {slice_type(k), std::nullopt});
    for (int c = at_.first_capture; c < n_.num_inputs(); ++c)
      region.bind_input(input(at_.body_first_capture + c - at_.first_capture), n_.input(c)->info());
  }

  /// Dims that the body changes become symbols, which stand for the size in the current iteration.
  bool vary() {
    bool changed = false;
    for (size_t j = 0; j < carried_.size(); ++j) {
      const Output& next = body().outputs()[static_cast<size_t>(at_.body_first_carried_out) + j];
      TensorType& now = carried_[j];
      const TensorType& then = next.value->type();
      if (then.dtype != now.dtype || then.rank() != now.rank())
        throw Error(kBad, "carried value ", j, " ('", next.name, "') enters an iteration as ", now,
                    " and leaves it as ", then, "; only sizes may change");
      for (int a = 0; a < now.rank(); ++a) {
        const Dim size = symbol(j, a);
        if (then.shape[a] == now.shape[a] || now.shape[a] == size) continue;
        now.shape[a] = size;
        changed = true;
      }
    }
    return changed;
  }

  std::optional<Dim> known_input(int i) const {
    const auto& known = n_.input(i)->known();
    return known && known->size() == 1 ? std::optional<Dim>((*known)[0]) : std::nullopt;
  }

  /// How many iterations there are at most, where that follows from shapes.
  std::optional<Dim> most_trips() const {
    std::optional<Dim> count;
    if (at_.limit >= 0)
      if (const std::optional<Dim> limit = known_input(at_.limit)) count = max(*limit, Dim(0));
    for (int k = 0; k < at_.scanned; ++k) {
      const Dim& extent = n_.input(at_.first_scanned + k)->shape()[scan_axis(k)];
      count = !count || *count == extent ? extent : min(*count, extent);
    }
    return count;
  }
  bool ends_early() const { return op_.has_condition || op_.while_form || (at_.limit >= 0 && !known_input(at_.limit)); }

  const std::string& result_name(size_t j) const {
    return body().outputs()[static_cast<size_t>(at_.body_first_carried_out) + j].name;
  }

  RegionTypes results() const {
    const InnerSymbols inner(n_, op_.scope);
    RegionTypes out;
    LateResults results(out, op_.scope);
    const Dim trips = Dim::symbol(op_.scope + ".trips");
    if (most_trips()) results.bound(trips, *most_trips());
    for (size_t j = 0; j < carried_.size(); ++j)
      results.add(seen_outside(carried_[j], inner, op_.scope, result_name(j)));
    for (int k = 0; k < at_.stacked; ++k) {
      const auto i = static_cast<size_t>(k);
      const Output& slice = body().outputs()[static_cast<size_t>(at_.body_first_stacked + k)];
      TensorType type = seen_outside(slice.value->type(), inner, op_.scope, slice.name);
      require_bytes(type, "stack", slice.name);
      const auto axis = normalize_axis(op_.stack_axes[i], type.rank() + 1);
      if (!axis)
        throw Error(kBad, "a loop stacks '", slice.name, "' ", type, " along axis ", op_.stack_axes[i],
                    ", which is outside the result's rank");
      Dim length = ends_early() ? trips : *most_trips();
      if (at_.length_of[i] >= 0) {
        const std::optional<Dim> given = known_input(at_.length_of[i]);
        length = given ? max(*given, Dim(0)) : Dim::symbol(concat(op_.scope, ".length.", slice.name));
      }
      std::vector<Dim> dims = type.shape.dims();
      dims.insert(dims.begin() + *axis, length);
      results.add({type.dtype, Shape(std::move(dims))});
    }
    return out;
  }

  Node& n_;
  const ops::Loop& op_;
  const ops::LoopLayout at_;
  std::vector<TensorType> carried_;  ///< As they enter an iteration.
};

}  // namespace

Dim carried_size(const std::string& scope, std::string_view input, int axis) { return fresh(scope, "in", input, axis); }

RegionTypes infer_regions(Node& node) {
  if (const auto* op = node.as<ops::If>()) return infer_if(node, *op);
  if (const auto* op = node.as<ops::Loop>()) return LoopInference(node, *op).run();
  throw Error(kBad, node.op().name(), " has no regions");
}

int outer_input_of(const ops::Op& op, int inside) {
  if (op.as<ops::If>()) return inside + 1;
  const auto* loop = op.as<ops::Loop>();
  if (!loop || inside == 0) return -1;
  const ops::LoopLayout at(*loop);
  if (inside >= at.body_first_capture) return at.first_capture + inside - at.body_first_capture;
  return at.first_carried + inside - 1;
}

bool is_capture(const ops::Op& op, int input) {
  if (op.as<ops::If>()) return input >= 1;
  const auto* loop = op.as<ops::Loop>();
  return loop && input >= ops::LoopLayout(*loop).first_capture;
}

int region_input_of(const Node& node, int input) {
  if (node.as<ops::If>()) return input - 1;
  const auto* loop = node.as<ops::Loop>();
  if (!loop) return -1;
  const ops::LoopLayout at(*loop);
  if (input >= at.first_capture) return at.body_first_capture + input - at.first_capture;
  if (input >= at.first_length || input < at.first_carried) return -1;
  return 1 + input - at.first_carried;
}

void check_regions(const Node& node) {
  const auto broken = [&](std::string_view what) {
    throw Error(ErrorCode::kInternal, "graph is broken: ", what, "\n    at node '", node.name(), "' (", node.op(), ")");
  };
  const auto* loop = node.as<ops::Loop>();
  const int first = loop ? ops::LoopLayout(*loop).body_first_carried_out : 0;
  for (const auto& region : node.regions()) {
    for (int i = 0; i < node.num_inputs(); ++i) {
      const int inside = region_input_of(node, i);
      if (inside < 0) continue;
      const Value& input = *region->inputs()[static_cast<size_t>(inside)];
      if (input.dtype() != node.input(i)->dtype())
        broken(concat("'", node.input(i)->name(), "' enters its region as ", input.dtype()));
    }
    if (loop && region != node.regions()[0]) continue;
    for (size_t j = 0; j < node.outputs().size(); ++j) {
      const Value& inside = *region->outputs()[static_cast<size_t>(first) + j].value;
      if (inside.dtype() != node.outputs()[j]->dtype())
        broken(concat("result ", j, " leaves its region as ", inside.dtype()));
    }
  }
}

}  // namespace dvt::ir
