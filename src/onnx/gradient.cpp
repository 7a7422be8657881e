// Gradient (ai.onnx.preview.training): dy/dx by reverse accumulation over the model's own nodes between the tensors
// that the node names. Where it is to be taken at other values than the model has, those nodes are imported once more.
#include <algorithm>
#include <set>

#include "onnx/derivatives.h"
#include "onnx/graph_importer.h"

namespace dvt::onnx {
namespace {

/// The nodes, in order of execution, that `y` is made by from the leaves.
std::vector<const Node*> nodes_between(const std::vector<Node>& nodes, const std::set<std::string>& leaves,
                                       const std::string& y) {
  std::set<std::string> needed = {y};
  std::vector<const Node*> found;
  const std::vector<size_t> order = execution_order(nodes);
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    const Node& node = nodes[*at];
    if (std::none_of(node.outputs.begin(), node.outputs.end(),
                     [&](const std::string& o) { return needed.count(o) != 0 && leaves.count(o) == 0; }))
      continue;
    found.push_back(&node);
    needed.insert(node.inputs.begin(), node.inputs.end());
  }
  std::reverse(found.begin(), found.end());
  return found;
}

}  // namespace

std::vector<Value> GraphImporter::gradients(ImporterContext& own, const std::vector<std::string>& xs,
                                            const std::vector<std::string>& zs, const std::string& y) {
  if (scope_ != &root_)
    refuse(ParserCode::kUNSUPPORTED_NODE)(
        "Gradient is supported in the model's graph only, not in a function or branch");
  std::vector<std::string> leaves = xs;
  leaves.insert(leaves.end(), zs.begin(), zs.end());
  const std::set<std::string> independent(leaves.begin(), leaves.end());
  const std::vector<const Node*> between = nodes_between(model_.graph.nodes, independent, y);

  for (const Node* n : between)
    if (n->op_type == "Gradient" && !n->domain.empty())
      refuse(ParserCode::kUNSUPPORTED_NODE)("y, '", y, "', depends on node '", n->name,
                                            "' (Gradient); only first derivatives are supported");

  Scope body = root_;
  body.prefix = own.base_name() + "/";
  bool again = false;
  for (size_t i = 0; i < leaves.size(); ++i) {
    const auto was = body.values.find(leaves[i]);
    const Value& at = own.value(static_cast<int>(i));
    again |= was == body.values.end() || was->second.tensor != at.tensor || was->second.constant != at.constant;
    body.values[leaves[i]] = at;
  }
  for (const Node* n : between)
    for (const std::string& o : n->outputs) again |= !o.empty() && body.values.count(o) == 0;
  for (const Node* n : between) {
    if (!again) break;
    for (const std::string& o : n->outputs)
      if (independent.count(o) == 0) body.values.erase(o);
    import_node(body, *n);
  }
  if (body.values.count(y) == 0)
    refuse(ParserCode::kINVALID_GRAPH)("y is '", y, "', which nothing in the model's graph gives");
  return gradients_between(body, between, xs, y, own);
}

std::vector<Value> GraphImporter::gradients_between(const Scope& scope, const std::vector<const Node*>& between,
                                                    const std::vector<std::string>& xs, const std::string& y,
                                                    ImporterContext& own) {
  std::set<std::string> active(xs.begin(), xs.end());
  for (const Node* n : between)
    if (std::any_of(n->inputs.begin(), n->inputs.end(), [&](const std::string& i) { return active.count(i) != 0; }))
      active.insert(n->outputs.begin(), n->outputs.end());
  active.erase("");

  std::map<std::string, ITensor*> gradients;
  const Term result(own, own.tensor_of(scope.values.at(y)));
  gradients[y] = &filled(own, result.extents(), 1, result.type()).tensor();
  const std::set<std::string> ends(xs.begin(), xs.end());
  for (auto at = between.rbegin(); at != between.rend(); ++at) {
    const Node& n = **at;
    const auto g = gradients.find(n.outputs.empty() ? "" : n.outputs[0]);
    for (size_t i = 1; i < n.outputs.size(); ++i)
      if (gradients.count(n.outputs[i]) != 0)
        refuse(ParserCode::kUNSUPPORTED_NODE)("y depends on output ", i, " of node '", n.name, "' (", n.op_type,
                                              "); gradients go through first outputs only");
    if (g == gradients.end() || ends.count(n.outputs[0]) != 0) continue;
    const auto version = scope.opsets->find(n.domain);
    ImporterContext c(*this, n, version == scope.opsets->end() ? 1 : version->second, scope.prefix + n.op_type,
                      gather_inputs(scope, n));
    Differentiated d{c, Term(c, c.tensor_of(scope.values.at(n.outputs[0]))), Term(c, *g->second), {}};
    for (const std::string& i : n.inputs) d.active.push_back(active.count(i) != 0);
    if (std::none_of(d.active.begin(), d.active.end(), [](bool is) { return is; })) continue;
    const Gradients of_inputs = differentiate(d);
    for (size_t i = 0; i < of_inputs.size(); ++i) {
      if (!of_inputs[i]) continue;
      ITensor*& sum = gradients[n.inputs[i]];
      sum = sum ? &(Term(c, *sum) + *of_inputs[i]).tensor() : &of_inputs[i]->tensor();
    }
  }
  std::vector<Value> values;
  for (const std::string& x : xs) {
    const Term at(own, own.tensor_of(scope.values.at(x)));
    const auto g = gradients.find(x);
    // What y does not depend on has no influence on it.
    values.push_back(Value{g != gradients.end() ? g->second : &filled(own, at.extents(), 0, at.type()).tensor()});
  }
  return values;
}

}  // namespace dvt::onnx
