// Loops that carry sequences or optionals, which networks do not have: their iterations are written out one by one.
#include <algorithm>

#include "onnx/constants.h"
#include "onnx/graph_importer.h"

namespace dvt::onnx {
namespace {

/// The one number that a constant holds, of whatever integer type; nothing for a value that is left out.
std::optional<int64_t> known_number(const Value& value, const char* what) {
  if (value.is_missing()) return std::nullopt;
  if (!value.constant || value.constant->volume() != 1)
    refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)(what,
                                                  " of a loop that carries sequences or optionals must be known while "
                                                  "the model is parsed; it is computed");
  Constant list = *value.constant;
  list.dims = {1};
  return list.ints().front();
}

Value true_value() {
  const std::byte one[] = {std::byte{1}};
  return Value{nullptr, make_constant("true", DataType::kBOOL, {}, one)};
}

const Graph& body_of(const Node& node) {
  for (const Attribute& a : node.attributes)
    if (a.name == "body" && a.graphs.size() == 1) return *a.graphs.front();
  refuse(ParserCode::kINVALID_NODE)("the graph 'body' is missing");
}

}  // namespace

/// Slices along a new first dimension.
ITensor& GraphImporter::stacked(const std::vector<Value>& slices, const std::string& name) {
  std::vector<ITensor*> parts;
  ITensor& first_axis = constant_layer(make_int64_constant("first axis", {1}, {0}));
  for (const Value& slice : slices)
    parts.push_back(border(network_.addUnsqueeze(tensor_of(slice), first_axis), name).getOutput(0));
  IConcatenationLayer& joined =
      border(network_.addConcatenation(parts.data(), static_cast<int32_t>(parts.size())), name);
  joined.setAxis(0);
  return *joined.getOutput(0);
}

void GraphImporter::unroll_loop(Scope& scope, const Node& node, const std::vector<Value>& inputs,
                                const std::string& base_name) {
  const Graph& body = body_of(node);
  const int64_t limit = known_number(inputs[0], "the trip count").value_or(limits_.unrolled + 1);
  bool goes_on = known_number(inputs[1], "the condition").value_or(1) != 0;
  std::vector<Value> carried(inputs.begin() + 2, inputs.end());
  const size_t states = carried.size();
  std::vector<std::vector<Value>> slices(node.outputs.size() - std::min(states, node.outputs.size()));
  for (int64_t i = 0; goes_on && i < limit; ++i) {
    if (++unrolled_ > limits_.unrolled)
      refuse(ParserCode::kUNSUPPORTED_GRAPH)("loops that carry sequences have more than ", limits_.unrolled,
                                             " iterations");
    std::vector<Value> body_inputs = {Value{nullptr, make_int64_constant("iteration", {}, {i})}, true_value()};
    body_inputs.insert(body_inputs.end(), carried.begin(), carried.end());
    const auto outputs = import_region(scope, body, body_inputs, concat(base_name, "/", i));
    if (!outputs) return fail_outputs(scope, node);
    if (outputs->size() < 1 + states + slices.size())
      refuse(ParserCode::kINVALID_GRAPH)("the body gives ", outputs->size(), " values, at least ",
                                         1 + states + slices.size(), " are needed");
    goes_on = known_number(outputs->front(), "the condition").value_or(1) != 0;
    for (size_t k = 0; k < states; ++k) carried[k] = (*outputs)[1 + k];
    for (size_t k = 0; k < slices.size(); ++k) slices[k].push_back((*outputs)[1 + states + k]);
  }
  carried.resize(node.outputs.size());
  for (size_t k = 0; k < slices.size(); ++k) {
    if (slices[k].empty())
      refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("the loop has no iteration, so that the shape of its output ",
                                                    states + k, " is not known");
    carried[states + k] = Value{&stacked(slices[k], base_name + "/all")};
  }
  check_outputs(carried);
  bind_outputs(scope, node, carried);
}

}  // namespace dvt::onnx
