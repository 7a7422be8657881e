#include "ir/verify.h"

#include <algorithm>
#include <unordered_set>

#include "base/error.h"

namespace dvt::ir {
namespace {

[[noreturn]] void broken(const Node& n, std::string_view what) {
  throw Error(ErrorCode::kInternal, "graph is broken: ", what, "\n    at node '", n.name(), "' (", n.op(), ")");
}

bool has_use(const Value& v, const Node* node, int index) {
  return std::count(v.uses().begin(), v.uses().end(), Use{const_cast<Node*>(node), index}) == 1;
}

void verify_types(const Node& n) {
  const std::vector<TensorType> types = infer_types(n.op(), n.inputs(), n.num_op_inputs(), n.epilogue());
  if (types.size() != n.outputs().size()) broken(n, "wrong number of outputs");
  for (size_t i = 0; i < types.size(); ++i)
    if (!(types[i] == n.outputs()[i]->type()))
      broken(n, concat("output ", i, " is ", n.outputs()[i]->type(), ", inference says ", types[i]));
}

}  // namespace

void verify(const Graph& g) {
  std::unordered_set<const Value*> defined;
  std::unordered_set<std::string_view> names;
  for (const auto& v : g.values()) {
    if (!names.insert(v->name()).second) throw Error(ErrorCode::kInternal, "two values are named '", v->name(), "'");
    if (!v->producer()) defined.insert(v.get());
  }
  size_t uses = 0;
  for (const auto& n : g.nodes()) {
    for (int i = 0; i < n->num_inputs(); ++i) {
      const Value& v = *n->input(i);
      if (!defined.contains(&v)) broken(*n, concat("'", v.name(), "' is read before it is defined"));
      if (!has_use(v, n.get(), i)) broken(*n, concat("'", v.name(), "' does not list this reader"));
    }
    uses += n->inputs().size();
    verify_types(*n);
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
