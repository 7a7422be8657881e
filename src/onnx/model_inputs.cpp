// The model's inputs: tensors of the network. Where the model leaves open what an input is (how many tensors a sequence
// has, whether an optional holds anything, the rank of a tensor), the program that parses tells.
#include <algorithm>

#include "onnx/graph_importer.h"

namespace dvt::onnx {
namespace {

/// Some exporters write a placeholder where a dimension has no name; dimensions that share it need not be equal.
bool names_a_dimension(const std::string& parameter) {
  return parameter.front() != '?' && parameter != "-1" && parameter != "None";
}

std::string_view kind_name(TypeInfo::Kind kind) {
  switch (kind) {
    case TypeInfo::Kind::kSequence:
      return "a sequence";
    case TypeInfo::Kind::kOptional:
      return "an optional";
    case TypeInfo::Kind::kMap:
      return "a map";
    case TypeInfo::Kind::kSparseTensor:
      return "a sparse tensor";
    default:
      return "no dense tensor";
  }
}

}  // namespace

void GraphImporter::add_inputs() {
  for (const auto& [name, form] : given_.inputs) {
    // A tensor may have the name that the first item of a sequence would have.
    const auto named = [&wanted = name](const ValueInfo& info) {
      return info.name == wanted || info.name == wanted + "[0]";
    };
    if (std::none_of(model_.graph.inputs.begin(), model_.graph.inputs.end(), named))
      refuse(ParserCode::kINVALID_VALUE)("shapes were given for '", name, "', which is no input of the model");
  }
  for (const ValueInfo& info : model_.graph.inputs) {
    // Files before IR version 4 list initializers among the inputs.
    const auto known = root_.values.find(info.name);
    if (known != root_.values.end() && (known->second.constant || known->second.strings)) {
      if (given_.values.count(info.name) == 0) continue;
      root_.values.erase(known);  // the caller's value in place of the model's
    }
    try {
      add_input(info);
    } catch (const ImportError& error) {
      report(root_, nullptr, error);
      root_.values[info.name] = Value{nullptr, nullptr, true};
      unusable_.insert(info.name);
      errors_.take();
    }
  }
  for (const auto& [name, value] : given_.values)
    if (fixed_.count(name) == 0 && unusable_.empty())
      refuse(ParserCode::kINVALID_VALUE)("a value was given for '", name, "', which is no input of the model");
}

void GraphImporter::spread_unusable(const Node& node) {
  if (std::none_of(node.inputs.begin(), node.inputs.end(),
                   [&](const std::string& i) { return unusable_.count(i) != 0; }))
    return;
  failed_nodes_.insert(root_.node_index);
  for (const auto* infos : {&model_.graph.value_info, &model_.graph.outputs})
    for (const ValueInfo& info : *infos)
      if (info.type.kind != TypeInfo::Kind::kTensor &&
          std::find(node.outputs.begin(), node.outputs.end(), info.name) != node.outputs.end())
        unusable_.insert(info.name);
}

void GraphImporter::add_input(const ValueInfo& info) {
  if (info.name.empty()) refuse(ParserCode::kINVALID_GRAPH)("an input of the model has no name");
  if (root_.values.count(info.name)) refuse(ParserCode::kINVALID_GRAPH)("two inputs are named '", info.name, "'");
  const auto form = given_.inputs.find(info.name);
  root_.values[info.name] = input_value(info.name, info.type, form == given_.inputs.end() ? nullptr : &form->second);
}

Value GraphImporter::input_value(const std::string& name, const TypeInfo& type, const InputForm* form) {
  using Kind = TypeInfo::Kind;
  if (type.kind == Kind::kTensor) {
    if (form && (form->holds_nothing || form->shapes.size() != 1))
      refuse(ParserCode::kINVALID_VALUE)("the input '", name, "' is one tensor; ", form->shapes.size(),
                                         " shapes were given for it");
    return tensor_input(name, type, form ? form->shapes.front() : Dims{-1, {}}, false);
  }
  if (type.kind == Kind::kNone)
    refuse(ParserCode::kUNSUPPORTED_GRAPH)("the input '", name, "' has no type; write its type and shape in the model");
  if (type.kind == Kind::kMap && form)
    refuse(ParserCode::kINVALID_VALUE)("the input '", name, "' is a map; its tensors '", keys_name(name), "' and '",
                                       values_name(name), "' have any length, and no shapes are given for it");
  if (type.kind == Kind::kMap) return map_input(name, type);
  if ((type.kind != Kind::kSequence && type.kind != Kind::kOptional) || !type.inner)
    refuse(ParserCode::kUNSUPPORTED_GRAPH)("the input '", name, "' is ", kind_name(type.kind),
                                           "; networks take dense tensors: make its parts inputs of their own");
  if (type.kind == Kind::kSequence && type.inner->kind != Kind::kTensor)
    refuse(ParserCode::kUNSUPPORTED_GRAPH)("the input '", name, "' is a sequence whose items are ",
                                           kind_name(type.inner->kind), "; only tensors are supported");
  if (!form && type.kind == Kind::kOptional && given_.values.count(name) != 0)
    return input_value(name, *type.inner, nullptr);
  if (!form)
    refuse(ParserCode::kUNSUPPORTED_GRAPH)(
        "the input '", name, "' is ", kind_name(type.kind),
        "; what it holds must be known while the model is parsed: tell it with IParser::setInputShapes");
  Value value;
  if (type.kind == Kind::kOptional) {
    if (!form->holds_nothing) return input_value(name, *type.inner, form);
    value.is_none = true;
    return value;
  }
  if (form->holds_nothing)
    refuse(ParserCode::kINVALID_VALUE)("the input '", name, "' is a sequence: it may be empty, but not missing");
  if (static_cast<int64_t>(form->shapes.size()) > limits_.sequence_length)
    refuse(ParserCode::kINVALID_VALUE)("the sequence '", name, "' would have ", form->shapes.size(), " items; at most ",
                                       limits_.sequence_length, " are possible");
  Sequence items;
  for (const Dims& shape : form->shapes)
    items.push_back(tensor_input(concat(name, "[", items.size(), "]"), *type.inner, shape, true));
  value.sequence = std::make_shared<const Sequence>(std::move(items));
  return value;
}

Value GraphImporter::map_input(const std::string& name, const TypeInfo& type) {
  using Kind = TypeInfo::Kind;
  if (!type.inner || type.inner->kind != Kind::kTensor)
    refuse(ParserCode::kUNSUPPORTED_GRAPH)("the input '", name, "' is a map whose values are ",
                                           kind_name(type.inner ? type.inner->kind : Kind::kNone),
                                           "; only maps to numbers and strings are supported");
  const size_t fixed_parts = given_.values.count(keys_name(name)) + given_.values.count(values_name(name));
  if (fixed_parts == 1)
    refuse(ParserCode::kINVALID_VALUE)("the input '", name, "' is a map; give values for both '", keys_name(name),
                                       "' and '", values_name(name), "', or for neither");
  TypeInfo list;
  list.kind = Kind::kTensor;
  list.has_shape = true;
  list.shape.resize(1);
  list.shape[0].kind = Dimension::Kind::kParameter;
  list.shape[0].parameter = name + ".size";
  list.element = type.element;
  auto map = std::make_shared<Map>();
  map->keys = tensor_input(keys_name(name), list, Dims{-1, {}}, false);
  list.element = type.inner->element;
  map->values = tensor_input(values_name(name), list, Dims{-1, {}}, false);
  if (fixed_parts == 2 && map->keys.constant->volume() != map->values.constant->volume())
    refuse(ParserCode::kINVALID_VALUE)("the input '", name, "' is a map; ", map->keys.constant->volume(), " keys and ",
                                       map->values.constant->volume(), " values were given for it");
  map_names_.insert(name);
  Value value;
  value.map = std::move(map);
  return value;
}

Value GraphImporter::tensor_input(const std::string& name, const TypeInfo& type, const Dims& told, bool is_item) {
  if (const auto given = given_.values.find(name); given != given_.values.end())
    return fixed_input(name, type, given->second);
  if (!type.has_shape && told.nbDims < 0)
    refuse(ParserCode::kUNSUPPORTED_GRAPH)("the input '", name,
                                           "' has no shape; its rank must be known: give the model's input a shape, or "
                                           "tell it with IParser::setInputShapes");
  const auto& shape = type.shape;
  const size_t rank = type.has_shape ? shape.size() : static_cast<size_t>(told.nbDims);
  if (rank > static_cast<size_t>(Dims::MAX_DIMS))
    refuse(ParserCode::kUNSUPPORTED_GRAPH)("the input '", name, "' has ", rank, " dimensions; at most ", Dims::MAX_DIMS,
                                           " are possible");
  if (told.nbDims >= 0 && static_cast<size_t>(told.nbDims) != rank)
    refuse(ParserCode::kINVALID_VALUE)("the input '", name, "' has rank ", rank, "; a shape of rank ", told.nbDims,
                                       " was given for it");
  Dims dims{static_cast<int32_t>(rank), {}};
  for (size_t i = 0; i < rank; ++i) {
    dims.d[i] = type.has_shape && shape[i].kind == Dimension::Kind::kValue ? std::max<int64_t>(shape[i].value, -1) : -1;
    if (told.nbDims < 0 || told.d[i] < 0) continue;
    if (dims.d[i] >= 0 && dims.d[i] != told.d[i])
      refuse(ParserCode::kINVALID_VALUE)("dimension ", i, " of the input '", name, "' is ", dims.d[i],
                                         " in the model; ", told.d[i], " was given for it");
    dims.d[i] = told.d[i];
  }
  ITensor* tensor = network_.addInput(name.c_str(), to_data_type(type.element, name), dims);
  if (!tensor) refuse(ParserCode::kINVALID_GRAPH)("the input '", name, "' was refused: ", errors_.take());
  // The items of a sequence share names of dimensions that need not be equal.
  for (size_t i = 0; i < shape.size() && !is_item; ++i)
    if (shape[i].kind == Dimension::Kind::kParameter && names_a_dimension(shape[i].parameter))
      tensor->setDimensionName(static_cast<int32_t>(i), shape[i].parameter.c_str());
  named_.insert(tensor);
  return Value{tensor, nullptr, false};
}

}  // namespace dvt::onnx
