#pragma once
#include <dovetail/network.h>

#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/blob.h"
#include "onnx/model.h"
#include "onnx/parse_error.h"

namespace dvt::onnx {

// Importers speak the public API throughout; its names do not collide with this room's.
using namespace DOVETAIL_NAMESPACE;

/// Values that the model holds: an initializer, or what a Constant node says.
struct Constant {
  std::string name;
  DataType type = DataType::kFLOAT;
  std::vector<int64_t> dims;
  Blob data;  ///< Row-major, aligned for its type.

  int64_t volume() const;
  /// Every element as an integer. Refuses other types than integers and booleans, and lists that are no lists.
  std::vector<int64_t> ints() const;
  /// Every element of any type as a number.
  std::vector<double> numbers() const;
};
using ConstantPtr = std::shared_ptr<const Constant>;

/// Text that a model holds.
struct Strings {
  std::string name;
  std::vector<int64_t> dims;
  std::vector<std::string> values;  ///< Row-major.
};
using StringsPtr = std::shared_ptr<const Strings>;

struct Value;
/// The elements of a sequence, all of which are known while the model is read; their own values need not be.
using Sequence = std::vector<Value>;
using SequencePtr = std::shared_ptr<const Sequence>;
struct Map;
using MapPtr = std::shared_ptr<const Map>;

/// A value of the ONNX graph: a tensor of the network, a constant, strings, a sequence, an optional that holds nothing,
/// a map, or none of these (left out, or its node failed). An optional that holds something is what it holds.
struct Value {
  ITensor* tensor = nullptr;
  ConstantPtr constant = nullptr;
  bool failed = false;
  StringsPtr strings = nullptr;
  SequencePtr sequence = nullptr;
  bool is_none = false;
  MapPtr map = nullptr;

  bool is_tensor() const { return tensor || constant || strings; }
  bool is_missing() const { return !is_tensor() && !sequence && !is_none && !map; }
};

/// Keys[n] and values[n] of a map, or the keys[C] and values[N, C] of a sequence of N maps that share their keys.
struct Map {
  Value keys, values;
  bool is_sequence = false;
};

/// What a map's two tensors are called where it enters or leaves a model.
inline std::string keys_name(const std::string& map) { return map + ".keys"; }
inline std::string values_name(const std::string& map) { return map + ".values"; }

class GraphImporter;

/// What an importer gets: one node with its inputs, attributes and opset, and the network to add layers to.
class ImporterContext {
 public:
  ImporterContext(GraphImporter& graph, const Node& node, int opset, std::string base_name, std::vector<Value> inputs);

  const Node& node() const { return node_; }
  /// Version of the operator set that the node's domain is imported with.
  int opset() const { return opset_; }
  INetworkDefinition& network() const;

  // Inputs.

  const std::vector<Value>& inputs() const { return inputs_; }
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  /// False for an optional input that is left out.
  bool has_input(int i) const;
  /// Whatever it is; empty when the input is left out.
  const Value& value(int i) const;
  /// The elements of a sequence. Refuses what is none.
  const Sequence& sequence(int i) const;
  /// A map, no sequence of maps. Refuses what is none.
  const Map& map(int i) const;
  /// Whether an input's elements are text.
  bool is_text(int i) { return has_input(i) && value(i).is_tensor() && type(i) == DataType::kTEXT; }
  /// The input as a tensor; a constant becomes one layer, however many nodes read it. Refuses one that is left out.
  ITensor& tensor(int i);
  /// nullptr when the input is computed (or left out).
  const Constant* constant(int i) const;
  /// The input's elements when it is a constant; nothing when it is computed or left out.
  std::optional<std::vector<int64_t>> ints(int i) const;
  /// The input's elements; refuses a computed input, saying that `what` must be constant.
  std::vector<int64_t> constant_ints(int i, const char* what) const;
  std::vector<double> constant_numbers(int i, const char* what) const;
  /// As constant(), to hand it on.
  ConstantPtr shared_constant(int i) const;
  DataType type(int i);
  Dims dims(int i);
  /// The constant as weights, which the network retains; empty weights when the input is left out.
  Weights weights(int i);

  // Attributes: typed; a wrong type is refused naming node, attribute, got and expected.

  /// Refuses attributes other than these: newer versions of an operator may have some that change its meaning.
  void allow_attributes(std::initializer_list<std::string_view> names) const;
  bool has_attribute(std::string_view name) const { return find_attribute(name) != nullptr; }
  int64_t attribute_int(std::string_view name, int64_t fallback) const;
  bool attribute_bool(std::string_view name, bool fallback) const { return attribute_int(name, fallback) != 0; }
  float attribute_float(std::string_view name, float fallback) const;
  std::string attribute_string(std::string_view name, std::string_view fallback) const;
  std::vector<int64_t> attribute_ints(std::string_view name, std::vector<int64_t> fallback = {}) const;
  std::vector<float> attribute_floats(std::string_view name, std::vector<float> fallback = {}) const;
  std::vector<std::string> attribute_strings(std::string_view name) const;
  /// A tensor attribute as a constant; nullptr when it is missing.
  ConstantPtr attribute_tensor(std::string_view name) const;
  ConstantPtr attribute_sparse_tensor(std::string_view name) const;
  /// A tensor attribute of strings; nullptr when it is missing or holds numbers.
  StringsPtr attribute_string_tensor(std::string_view name) const;
  /// A graph attribute; nullptr when it is missing.
  const Graph* attribute_graph(std::string_view name) const;
  /// Integers that are an attribute in older opsets and an input in newer ones; nothing when neither is there.
  std::optional<std::vector<int64_t>> ints_from_input_or_attribute(int input, std::string_view attribute) const;

  // Layers and outputs.

  /// Names a layer after the node (with a role for helpers), and refuses when the network did not make it.
  template <class Layer>
  Layer& added(Layer* layer, std::string_view role = "") {
    return static_cast<Layer&>(named(layer, role));
  }
  /// The one layer that stands for a constant; the network retains its data.
  ITensor& constant_tensor(ConstantPtr constant);
  /// Strings as a tensor of the network.
  ITensor& text_tensor(StringsPtr strings);
  /// Any value as a tensor of the network. Refuses sequences and optionals that hold nothing.
  ITensor& tensor_of(const Value& value);
  /// The outputs of a graph attribute's nodes, imported in this node's place with these values as its inputs.
  std::vector<Value> import_body(const Graph& graph, std::vector<Value> inputs, std::string_view role);
  /// The gradient of the model's tensor y with respect to each of the model's tensors xs, where these and zs are the
  /// node's inputs.
  std::vector<Value> gradients(const std::vector<std::string>& xs, const std::vector<std::string>& zs,
                               const std::string& y);
  /// What another operator's importer makes of this node with these inputs.
  std::vector<Value> import_as(void (*importer)(ImporterContext&), std::vector<Value> inputs);
  /// The same as this node's outputs.
  void become(void (*importer)(ImporterContext&), std::vector<Value> inputs);
  /// Channels that stand together in tensors of com.microsoft.nchwc.
  int64_t channel_block() const;
  /// One value or the other, as a 0-D boolean that is computed says.
  Value chosen(ITensor& condition, const Value& then, const Value& otherwise);
  /// Keeps bytes alive as long as the network needs them.
  const void* retain(const Blob& data);

  int num_outputs() const { return static_cast<int>(node_.outputs.size()); }
  /// False when nobody reads the output: an importer that cannot give it need not refuse.
  bool wants_output(int i) const;
  void set_output(int i, ITensor& tensor);
  void set_output(int i, ConstantPtr constant);
  void set_output(int i, Value value);
  const std::vector<Value>& outputs() const { return outputs_; }
  /// The node's name with what it is nested in; the stem of its layers' names.
  const std::string& base_name() const { return base_name_; }

 private:
  const Attribute* find_attribute(std::string_view name) const;
  const Attribute* attribute(std::string_view name, AttributeType expected) const;
  ILayer& named(ILayer* layer, std::string_view role);

  GraphImporter& graph_;
  const Node& node_;
  int opset_;
  std::string base_name_;
  std::vector<Value> inputs_;
  std::vector<Value> outputs_;
};

/// The network's element type for one of the file's. Refuses types that have none, naming the value.
DataType to_data_type(ElementType type, std::string_view value);
std::string_view type_name(DataType type);
/// The type as attributes of operators of ours name it.
std::string_view type_attribute(DataType type);
/// Bits of one element.
int type_bits(DataType type);
bool is_floating(DataType type);
bool is_integer(DataType type);

}  // namespace dvt::onnx
