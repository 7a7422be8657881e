#include "ir/verify.h"

#include <algorithm>
#include <unordered_set>

#include "base/error.h"
#include "ir/regions.h"

namespace dvt::ir {
namespace {

[[noreturn]] void broken(const Node& n, std::string_view what) {
  throw Error(ErrorCode::kInternal, "graph is broken: ", what, "\n    at node '", n.name(), "' (", n.op(), ")");
}

bool has_use(const Value& v, const Node* node, int index) {
  return std::count(v.uses().begin(), v.uses().end(), Use{const_cast<Node*>(node), index}) == 1;
}

void verify_types(const Node& n) {
  const std::vector<TensorType> types = infer_types(n);
  if (types.size() != n.outputs().size()) broken(n, "wrong number of outputs");
  for (size_t i = 0; i < types.size(); ++i)
    if (!(types[i] == n.outputs()[i]->type()))
      broken(n, concat("output ", i, " is ", n.outputs()[i]->type(), ", inference says ", types[i]));
}

/// Every late symbol is given by one node, above those that depend on it.
class LateSymbols {
 public:
  /// Those of the graphs around a region, and what its inputs name, are given.
  LateSymbols(const Graph& g, std::unordered_set<std::string> outside) : given_(std::move(outside)) {
    if (g.scope().empty()) return;
    for (const Value* v : g.inputs()) {
      collect(*v);
      if (v->known())
        for (const Dim& d : *v->known()) d.collect_symbols(names_);
    }
    given_.insert(names_.begin(), names_.end());
  }
  const std::unordered_set<std::string>& given() const { return given_; }
  void check_use(const Node& n) {
    names_.clear();
    ops::collect_symbols(n.op(), names_);
    for (const Value* v : n.inputs()) collect(*v);
    for (const std::string& s : names_)
      if (s.starts_with(kLate) && !given_.contains(s))
        broken(n, concat("it depends on '", s, "', which no node above it gives"));
  }
  void add(const Node& n) {
    if (n.late().size() != n.late_sizes().size()) broken(n, "its late sizes are not named");
    for (const std::string& s : n.late())
      if (!given_.insert(s).second) broken(n, concat("'", s, "' is given by two nodes"));
  }

 private:
  void collect(const Value& v) {
    for (const Dim& d : v.shape()) d.collect_symbols(names_);
    if (!v.is_symbolic()) return;
    for (const Dim& d : *v.known()) d.collect_symbols(names_);
  }
  std::vector<std::string> names_;
  std::unordered_set<std::string> given_;
};

void verify_graph(const Graph& g, const std::unordered_set<std::string>& outside) {
  std::unordered_set<const Value*> defined;
  std::unordered_set<std::string_view> names;
  for (const auto& v : g.values()) {
    if (!names.insert(v->name()).second) throw Error(ErrorCode::kInternal, "two values are named '", v->name(), "'");
    if (!v->producer()) defined.insert(v.get());
  }
  size_t uses = 0;
  LateSymbols late(g, outside);
  for (const auto& n : g.nodes()) {
    late.check_use(*n);
    late.add(*n);
    for (int i = 0; i < n->num_inputs(); ++i) {
      const Value& v = *n->input(i);
      if (!defined.contains(&v)) broken(*n, concat("'", v.name(), "' is read before it is defined"));
      if (!has_use(v, n.get(), i)) broken(*n, concat("'", v.name(), "' does not list this reader"));
    }
    uses += n->inputs().size();
    if (n->has_regions()) {
      check_regions(*n);
      for (const auto& region : n->regions()) verify_graph(*region, late.given());
    } else {
      verify_types(*n);
    }
    for (const Value* v : n->outputs()) {
      if (v->producer() != n.get()) broken(*n, concat("'", v->name(), "' names another producer"));
      defined.insert(v);
    }
  }
  size_t listed = 0;
  for (const auto& v : g.values()) listed += v->uses().size();
  if (listed != uses)
    throw Error(ErrorCode::kInternal, "graph is broken: a value lists a reader that does not read it");
  for (const Output& o : g.outputs())
    if (!defined.contains(o.value)) throw Error(ErrorCode::kInternal, "output '", o.name, "' is not defined");
}

}  // namespace

void verify(const Graph& g) { verify_graph(g, {}); }

std::string_view to_string(Stage s) {
  switch (s) {
    case Stage::kSimplified:
      return "ir.simplified";
    case Stage::kFused:
      return "ir.fused";
    case Stage::kLowered:
      return "ir.lowered";
  }
  return "?";
}

void check_spec(const Graph& g, Stage stage) {
  for (const auto& n : g.nodes()) {
    const ops::OpId id = n->op().id();
    for (const auto& region : n->regions()) check_spec(*region, stage);
    const bool pointwise_work = id == ops::OpId::elementwise || id == ops::OpId::activation || id == ops::OpId::cast;
    if (stage != Stage::kSimplified && pointwise_work)
      throw Error(ErrorCode::kInternal, to_string(stage), ": node '", n->name(), "' (", n->op(),
                  ") was not made pointwise");
    if (id != ops::OpId::pointwise && n->has_epilogue() && n->outputs().size() != 1)
      throw Error(ErrorCode::kInternal, to_string(stage), ": node '", n->name(),
                  "' has an epilogue and several outputs");
  }
}

}  // namespace dvt::ir
