#include <algorithm>

#include "onnx/graph_importer.h"

namespace dvt::onnx {
namespace {

const Attribute* find(const std::vector<Attribute>& attributes, const std::string& name) {
  for (const Attribute& a : attributes)
    if (a.name == name) return &a;
  return nullptr;
}

/// What the call gives, or else the function's own default; nullptr when the attribute is left out.
const Attribute* bound(const Node& call, const Function& function, const std::string& name) {
  const Attribute* given = find(call.attributes, name);
  return given ? given : find(function.default_attributes, name);
}

/// The body's node with its references to the function's attributes replaced by their values.
Node with_bound_attributes(const Node& node, const Node& call, const Function& function) {
  Node result = node;
  result.attributes.clear();
  for (const Attribute& a : node.attributes) {
    const Attribute* value = a.ref.empty() ? &a : bound(call, function, a.ref);
    if (!value) continue;  // an attribute that refers to one left out is left out as well
    result.attributes.push_back(*value);
    result.attributes.back().name = a.name;
  }
  return result;
}

}  // namespace

void GraphImporter::import_call(Scope& scope, const Node& node, const Function& function, std::vector<Value> inputs,
                                const std::string& base_name) {
  if (static_cast<int>(scope.functions.size()) >= limits_.function_depth)
    refuse(ParserCode::kINVALID_GRAPH)("functions call each other more than ", limits_.function_depth, " deep; '",
                                       function.name, "' may call itself");
  if (inputs.size() > function.inputs.size())
    refuse(ParserCode::kINVALID_NODE)("the function '", function.name, "' takes ", function.inputs.size(),
                                      " inputs, got ", inputs.size());
  for (const std::string& name : function.attributes)
    if (!find(node.attributes, name))
      refuse(ParserCode::kINVALID_NODE)("the function '", function.name, "' needs the attribute '", name, "'");
  Scope body;
  body.prefix = base_name + "/";
  body.functions = scope.functions;
  body.functions.push_back(function.name);
  body.node_index = scope.node_index;
  Opsets& opsets = function_opsets_[&function];
  for (const OpsetImport& import : function.opsets) opsets[import.domain] = static_cast<int>(import.version);
  body.opsets = opsets.empty() ? scope.opsets : &opsets;
  for (size_t i = 0; i < function.inputs.size(); ++i) {
    // An input left out stays left out inside: an empty value that readers find.
    if (!body.values.emplace(function.inputs[i], i < inputs.size() ? inputs[i] : Value{}).second)
      refuse(ParserCode::kINVALID_GRAPH)("the function '", function.name, "' has two inputs named '",
                                         function.inputs[i], "'");
  }
  std::vector<Node> nodes;
  for (const Node& n : function.nodes) nodes.push_back(with_bound_attributes(n, node, function));
  import_nodes(body, nodes);

  std::vector<Value> outputs;
  bool failed = false;
  for (const std::string& name : function.outputs) {
    const auto found = body.values.find(name);
    if (found == body.values.end())
      refuse(ParserCode::kINVALID_GRAPH)("nothing gives the output '", name, "' of the function '", function.name, "'");
    outputs.push_back(found->second);
    failed = failed || found->second.failed;
  }
  if (failed)
    fail_outputs(scope, node);
  else
    bind_outputs(scope, node, outputs);
}

std::vector<Value> GraphImporter::import_body(const Graph& graph, std::vector<Value> inputs,
                                              const std::string& prefix) {
  if (inputs.size() != graph.inputs.size())
    refuse(ParserCode::kINVALID_GRAPH)("the graph '", graph.name, "' takes ", graph.inputs.size(), " inputs, got ",
                                       inputs.size());
  Scope body = *scope_;  // a nested graph sees what is around it
  body.prefix = prefix;
  for (size_t i = 0; i < inputs.size(); ++i) body.values[graph.inputs[i].name] = std::move(inputs[i]);
  add_initializers(body, graph);
  import_nodes(body, graph.nodes);
  std::vector<Value> outputs;
  for (const ValueInfo& output : graph.outputs) {
    const auto found = body.values.find(output.name);
    if (found == body.values.end())
      refuse(ParserCode::kINVALID_GRAPH)("nothing gives the output '", output.name, "' of the graph '", graph.name,
                                         "'");
    if (found->second.failed)
      refuse(ParserCode::kUNSUPPORTED_NODE)("the output '", output.name, "' of the graph '", graph.name,
                                            "' could not be imported; its node is reported above");
    outputs.push_back(found->second);
  }
  return outputs;
}

void GraphImporter::import_if(Scope& scope, const Node& node, const std::vector<Value>& inputs,
                              const std::string& base_name) {
  if (inputs.size() != 1) refuse(ParserCode::kINVALID_NODE)("If has one input, its condition; got ", inputs.size());
  if (inputs[0].failed) return fail_outputs(scope, node);
  const ConstantPtr& condition = inputs[0].constant;
  if (!condition) return import_conditional(scope, node, inputs[0], base_name);
  if (condition->type != DataType::kBOOL || condition->volume() != 1)
    refuse(ParserCode::kINVALID_NODE)("the condition of If must be one boolean");
  const bool taken = condition->data.data()[0] != std::byte{0};
  const Attribute* branch = find(node.attributes, taken ? "then_branch" : "else_branch");
  if (!branch || branch->graphs.size() != 1) refuse(ParserCode::kINVALID_NODE)("a branch of If is missing");
  const Graph& graph = *branch->graphs.front();
  if (graph.outputs.size() < node.outputs.size())
    refuse(ParserCode::kINVALID_NODE)("the branch of If gives ", graph.outputs.size(), " values for ",
                                      node.outputs.size(), " outputs");
  Scope body = scope;  // a branch sees what is around it
  body.prefix = base_name + "/";
  add_initializers(body, graph);
  import_nodes(body, graph.nodes);
  std::vector<Value> outputs;
  for (const ValueInfo& output : graph.outputs) {
    const auto found = body.values.find(output.name);
    if (found == body.values.end())
      refuse(ParserCode::kINVALID_GRAPH)("nothing gives the output '", output.name, "' of a branch of If");
    if (found->second.failed) return fail_outputs(scope, node);
    outputs.push_back(found->second);
  }
  bind_outputs(scope, node, outputs);
}

}  // namespace dvt::onnx
