#include "onnx/importer_context.h"

#include <algorithm>

#include "onnx/graph_importer.h"

namespace dvt::onnx {
namespace {

std::string_view kind_of(const Value& value) {
  if (value.sequence) return "a sequence";
  if (value.is_none) return "an optional that holds nothing";
  if (value.map) return value.map->is_sequence ? "a sequence of maps" : "a map";
  return value.constant ? "a constant" : value.tensor ? "a computed tensor" : "missing";
}

}  // namespace

ImporterContext::ImporterContext(GraphImporter& graph, const Node& node, int opset, std::string base_name,
                                 std::vector<Value> inputs)
    : graph_(graph),
      node_(node),
      opset_(opset),
      base_name_(std::move(base_name)),
      inputs_(std::move(inputs)),
      outputs_(node.outputs.size()) {}

INetworkDefinition& ImporterContext::network() const { return graph_.network(); }

bool ImporterContext::has_input(int i) const {
  if (i < 0 || i >= num_inputs()) return false;
  return !inputs_[static_cast<size_t>(i)].is_missing();
}

const Value& ImporterContext::value(int i) const {
  static const Value nothing;
  return has_input(i) ? inputs_[static_cast<size_t>(i)] : nothing;
}

ITensor& ImporterContext::tensor(int i) {
  if (!has_input(i)) refuse(ParserCode::kINVALID_NODE)("input ", i, " is missing");
  const Value& value = inputs_[static_cast<size_t>(i)];
  if (!value.is_tensor())
    refuse(ParserCode::kUNSUPPORTED_NODE_INPUT)("input ", i, " must be a tensor; it is ", kind_of(value));
  return tensor_of(value);
}

ITensor& ImporterContext::tensor_of(const Value& value) {
  if (!value.is_tensor()) refuse(ParserCode::kUNSUPPORTED_NODE_INPUT)("a tensor is needed; this is ", kind_of(value));
  return graph_.tensor_of(value);
}

const Sequence& ImporterContext::sequence(int i) const {
  const Value& v = value(i);
  if (v.map && v.map->is_sequence)
    refuse(ParserCode::kUNSUPPORTED_NODE_INPUT)("input ", i, " is a sequence of maps, which no operator takes apart; ",
                                                "read the tensor of scores that the maps are made of");
  if (!v.sequence)
    refuse(ParserCode::kUNSUPPORTED_NODE_INPUT)("input ", i,
                                                " must be a sequence whose elements are known while the "
                                                "model is read; it is ",
                                                kind_of(v));
  return *v.sequence;
}

const Map& ImporterContext::map(int i) const {
  const Value& v = value(i);
  if (!v.map || v.map->is_sequence)
    refuse(ParserCode::kUNSUPPORTED_NODE_INPUT)("input ", i, " must be a map; it is ", kind_of(v));
  return *v.map;
}

const Constant* ImporterContext::constant(int i) const {
  return has_input(i) ? inputs_[static_cast<size_t>(i)].constant.get() : nullptr;
}

ConstantPtr ImporterContext::shared_constant(int i) const {
  return has_input(i) ? inputs_[static_cast<size_t>(i)].constant : nullptr;
}

std::optional<std::vector<int64_t>> ImporterContext::ints(int i) const {
  const Constant* c = constant(i);
  return c ? std::optional(c->ints()) : std::nullopt;
}

std::vector<int64_t> ImporterContext::constant_ints(int i, const char* what) const {
  if (!has_input(i)) refuse(ParserCode::kINVALID_NODE)("input ", i, " (", what, ") is missing");
  if (!constant(i))
    refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("input ", i, " (", what, ") must be a constant; it is computed");
  return constant(i)->ints();
}

std::vector<double> ImporterContext::constant_numbers(int i, const char* what) const {
  if (!has_input(i)) refuse(ParserCode::kINVALID_NODE)("input ", i, " (", what, ") is missing");
  if (!constant(i))
    refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("input ", i, " (", what, ") must be a constant; it is computed");
  return constant(i)->numbers();
}

DataType ImporterContext::type(int i) {
  const Constant* c = constant(i);
  return c ? c->type : tensor(i).getType();
}

Dims ImporterContext::dims(int i) {
  const Constant* c = constant(i);
  if (!c) return tensor(i).getDimensions();
  if (c->dims.size() > static_cast<size_t>(Dims::MAX_DIMS))
    refuse(ParserCode::kUNSUPPORTED_NODE_SHAPE)("'", c->name, "' has ", c->dims.size(), " dimensions; at most ",
                                                Dims::MAX_DIMS, " are possible");
  Dims dims{static_cast<int32_t>(c->dims.size()), {}};
  std::copy(c->dims.begin(), c->dims.end(), dims.d);
  return dims;
}

Weights ImporterContext::weights(int i) {
  const Constant* c = constant(i);
  if (!c) return Weights{DataType::kFLOAT, nullptr, 0};
  return Weights{c->type, retain(c->data), c->volume()};
}

const Attribute* ImporterContext::find_attribute(std::string_view name) const {
  for (const Attribute& a : node_.attributes)
    if (a.name == name) return &a;
  return nullptr;
}

const Attribute* ImporterContext::attribute(std::string_view name, AttributeType expected) const {
  const Attribute* a = find_attribute(name);
  if (a && a->type != expected)
    refuse(ParserCode::kINVALID_NODE)("the attribute '", name, "' must be ", to_string(expected), ", got ",
                                      to_string(a->type));
  return a;
}

void ImporterContext::allow_attributes(std::initializer_list<std::string_view> names) const {
  for (const Attribute& a : node_.attributes)
    if (std::find(names.begin(), names.end(), a.name) == names.end())
      refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("the attribute '", a.name, "' is not supported");
}

int64_t ImporterContext::attribute_int(std::string_view name, int64_t fallback) const {
  const Attribute* a = attribute(name, AttributeType::kInt);
  return a ? a->i : fallback;
}

float ImporterContext::attribute_float(std::string_view name, float fallback) const {
  const Attribute* a = attribute(name, AttributeType::kFloat);
  return a ? a->f : fallback;
}

std::string ImporterContext::attribute_string(std::string_view name, std::string_view fallback) const {
  const Attribute* a = attribute(name, AttributeType::kString);
  return a ? a->s : std::string(fallback);
}

std::vector<int64_t> ImporterContext::attribute_ints(std::string_view name, std::vector<int64_t> fallback) const {
  const Attribute* a = attribute(name, AttributeType::kInts);
  return a ? a->ints : fallback;
}

std::vector<float> ImporterContext::attribute_floats(std::string_view name, std::vector<float> fallback) const {
  const Attribute* a = attribute(name, AttributeType::kFloats);
  return a ? a->floats : fallback;
}

std::vector<std::string> ImporterContext::attribute_strings(std::string_view name) const {
  const Attribute* a = attribute(name, AttributeType::kStrings);
  return a ? a->strings : std::vector<std::string>();
}

ConstantPtr ImporterContext::attribute_tensor(std::string_view name) const {
  const Attribute* a = attribute(name, AttributeType::kTensor);
  return a ? graph_.constants().read(*a->tensors.front(), base_name_) : nullptr;
}

ConstantPtr ImporterContext::attribute_sparse_tensor(std::string_view name) const {
  const Attribute* a = attribute(name, AttributeType::kSparseTensor);
  return a && a->sparse ? graph_.constants().read(*a->sparse, base_name_) : nullptr;
}

StringsPtr ImporterContext::attribute_string_tensor(std::string_view name) const {
  const Attribute* a = attribute(name, AttributeType::kTensor);
  if (!a || a->tensors.front()->type != ElementType::kString) return nullptr;
  const Tensor& t = *a->tensors.front();
  return std::make_shared<Strings>(Strings{base_name_, t.dims, t.strings});
}

const Graph* ImporterContext::attribute_graph(std::string_view name) const {
  const Attribute* a = attribute(name, AttributeType::kGraph);
  return a && a->graphs.size() == 1 ? a->graphs.front().get() : nullptr;
}

std::vector<Value> ImporterContext::import_body(const Graph& graph, std::vector<Value> inputs, std::string_view role) {
  return graph_.import_body(graph, std::move(inputs), concat(base_name_, "/", role, "/"));
}

std::vector<Value> ImporterContext::gradients(const std::vector<std::string>& xs, const std::vector<std::string>& zs,
                                              const std::string& y) {
  return graph_.gradients(*this, xs, zs, y);
}

std::vector<Value> ImporterContext::import_as(void (*importer)(ImporterContext&), std::vector<Value> inputs) {
  ImporterContext other(graph_, node_, opset_, base_name_, std::move(inputs));
  importer(other);
  return other.outputs_;
}

void ImporterContext::become(void (*importer)(ImporterContext&), std::vector<Value> inputs) {
  const std::vector<Value> outputs = import_as(importer, std::move(inputs));
  for (size_t i = 0; i < outputs.size(); ++i)
    if (!outputs[i].is_missing()) set_output(static_cast<int>(i), outputs[i]);
}

int64_t ImporterContext::channel_block() const { return graph_.channel_block(); }

Value ImporterContext::chosen(ITensor& condition, const Value& then, const Value& otherwise) {
  return graph_.chosen(condition, then, otherwise, concat(base_name_, "/choice"));
}

std::optional<std::vector<int64_t>> ImporterContext::ints_from_input_or_attribute(int input,
                                                                                  std::string_view name) const {
  if (has_input(input)) return constant_ints(input, std::string(name).c_str());
  const Attribute* a = attribute(name, AttributeType::kInts);
  return a ? std::optional(a->ints) : std::nullopt;
}

ILayer& ImporterContext::named(ILayer* layer, std::string_view role) {
  if (!layer) {
    const std::string reason = graph_.errors().take();
    refuse(ParserCode::kUNSUPPORTED_NODE)(reason.empty() ? "the network refused the layer; see the log" : reason);
  }
  const std::string wanted = role.empty() ? base_name_ : concat(base_name_, "/", role);
  layer->setName(graph_.unique_layer_name(wanted).c_str());
  return *layer;
}

ITensor& ImporterContext::text_tensor(StringsPtr strings) { return graph_.text_layer(strings); }

ITensor& ImporterContext::constant_tensor(ConstantPtr constant) { return graph_.constant_layer(constant); }

const void* ImporterContext::retain(const Blob& data) {
  graph_.retain(data);
  return data.data();
}

bool ImporterContext::wants_output(int i) const {
  return i < num_outputs() && !node_.outputs[static_cast<size_t>(i)].empty() &&
         graph_.is_wanted(node_.outputs[static_cast<size_t>(i)]);
}

void ImporterContext::set_output(int i, ITensor& tensor) {
  if (i < num_outputs()) outputs_[static_cast<size_t>(i)].tensor = &tensor;
}

void ImporterContext::set_output(int i, ConstantPtr constant) {
  if (i < num_outputs()) outputs_[static_cast<size_t>(i)].constant = std::move(constant);
}

void ImporterContext::set_output(int i, Value value) {
  if (i < num_outputs()) outputs_[static_cast<size_t>(i)] = std::move(value);
}

}  // namespace dvt::onnx
