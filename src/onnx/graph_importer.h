#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "onnx/constants.h"
#include "onnx/error_capture.h"
#include "onnx/importer_context.h"
#include "onnx/limits.h"
#include "onnx/parse.h"

namespace dvt::onnx {

/// Operator set versions by domain.
using Opsets = std::map<std::string, int, std::less<>>;

/// Walks a model's graph in execution order and lets an importer add the layers of each node.
class GraphImporter {
 public:
  GraphImporter(INetworkDefinition& network, const Model& model, ConstantReader& constants, const Given& given,
                const Limits& limits, ParseResult& result);

  /// Inputs, nodes, outputs. What is wrong goes to the result.
  void run();

  // For ImporterContext.
  INetworkDefinition& network() { return network_; }
  ErrorCapture& errors() { return errors_; }
  ConstantReader& constants() { return constants_; }
  /// A name no layer has yet.
  std::string unique_layer_name(const std::string& wanted);
  /// The one layer of a shared constant.
  ITensor& constant_layer(const ConstantPtr& constant);
  ITensor& text_layer(const StringsPtr& strings);
  /// Any tensor as one of the network.
  ITensor& tensor_of(const Value& value);
  void retain(const Blob& data) { retained_.push_back(data); }
  /// Names a tensor that has not been named after an ONNX value.
  void name_tensor(ITensor& tensor, const std::string& name);
  /// The outputs of a graph attribute of the node that is being imported; see ImporterContext::import_body.
  std::vector<Value> import_body(const Graph& graph, std::vector<Value> inputs, const std::string& prefix);
  /// Whether a value is read by a node, or leaves the graph.
  bool is_wanted(const std::string& name) const { return wanted_.count(name) != 0; }
  /// See ImporterContext::gradients.
  std::vector<Value> gradients(ImporterContext& own, const std::vector<std::string>& xs,
                               const std::vector<std::string>& zs, const std::string& y);
  /// Channels that stand together in tensors of com.microsoft.nchwc; a guess is a warning of the result.
  int64_t channel_block();
  /// One value or the other, as a boolean that is computed says.
  Value chosen(ITensor& condition, const Value& then, const Value& otherwise, const std::string& name);

 private:
  /// The graph, or a function's body or a branch that is being imported in place of a node.
  struct Scope {
    std::string prefix;  ///< Of layer and tensor names.
    const Opsets* opsets = nullptr;
    std::unordered_map<std::string, Value> values;
    std::vector<std::string> functions;  ///< Outermost first.
    int node_index = -1;                 ///< In the model's graph.
  };

  void add_inputs();
  void add_input(const ValueInfo& info);
  /// The value of an input: a tensor of the network, or the tensors NAME[0], NAME[1]… that a sequence's items are.
  Value input_value(const std::string& name, const TypeInfo& type, const InputForm* form);
  /// A node that reads what no network can hold is not supported, and what it gives may be of that kind too.
  void spread_unusable(const Node& node);
  Value tensor_input(const std::string& name, const TypeInfo& type, const Dims& told, bool is_item);
  /// A map is the tensors NAME.keys and NAME.values, lists of one length.
  Value map_input(const std::string& name, const TypeInfo& type);
  /// Refuses a model one of whose values has the name of a map's tensors.
  void check_map_names() const;
  /// The constant that an input becomes whose value is given.
  Value fixed_input(const std::string& name, const TypeInfo& type, const InputValue& given);
  void mark_outputs();
  void mark_output(const ValueInfo& info);
  /// Marks one value of the model as the output of that name.
  void mark_output(const std::string& name, const Value& value);
  void import_nodes(Scope& scope, const std::vector<Node>& nodes);
  void import_node(Scope& scope, const Node& node);
  void import_operator(Scope& scope, const Node& node, std::vector<Value> inputs, const std::string& base_name);
  void import_call(Scope& scope, const Node& node, const Function& function, std::vector<Value> inputs,
                   const std::string& base_name);
  /// An If whose condition is constant: the nodes of the branch that is taken, in its place.
  void import_if(Scope& scope, const Node& node, const std::vector<Value>& inputs, const std::string& base_name);
  /// The layers of a branch or a loop's body; what its outputs are. Nothing when a node failed, which is reported.
  std::optional<std::vector<Value>> import_region(const Scope& scope, const Graph& graph,
                                                  const std::vector<Value>& inputs, const std::string& prefix);
  /// The same for a body, whose outputs from `first_carried` on are the next values of what the loop carries.
  std::optional<std::vector<Value>> import_loop_body(const Scope& scope, const Graph& body,
                                                     const std::vector<Value>& inputs,
                                                     const std::vector<IRecurrenceLayer*>& carried,
                                                     size_t first_carried, const std::string& prefix);
  /// What a loop of the network gives.
  struct LoopResults {
    struct Stacked {
      Value slice;
      int64_t axis = 0;
      bool reverse = false;
      ITensor* length = nullptr;
    };
    std::vector<IRecurrenceLayer*> carried;
    std::vector<Stacked> stacked;
  };
  struct ScanForm {
    size_t scanned = 0, states = 0;
    std::vector<int64_t> axes, reverse, output_axes, output_reverse;
    std::string base_name;
  };
  /// An If whose condition is computed while the network runs.
  void import_conditional(Scope& scope, const Node& node, const Value& condition, const std::string& base_name);
  Value choice(IIfConditional& conditional, const Value& then, const Value& otherwise, const std::string& name);
  void import_loop(Scope& scope, const Node& node, std::vector<Value> inputs, const std::string& base_name);
  std::vector<Value> gradients_between(const Scope& scope, const std::vector<const Node*>& between,
                                       const std::vector<std::string>& xs, const std::string& y, ImporterContext& own);
  void import_scan(Scope& scope, const Node& node, std::vector<Value> inputs, const std::string& base_name);
  void import_batched_scan(Scope& scope, const Node& node, const Graph& body, std::vector<Value> inputs, ScanForm form);
  /// A loop that carries sequences: its body once for each iteration, whose number must be known.
  void unroll_loop(Scope& scope, const Node& node, const std::vector<Value>& inputs, const std::string& base_name);
  ITensor& stacked(const std::vector<Value>& slices, const std::string& name);
  std::optional<LoopResults> scan(const Scope& scope, const Graph& body, const std::vector<Value>& inputs,
                                  const ScanForm& form, ILoop& loop);
  void bind_loop(Scope& scope, const Node& node, ILoop& loop, const LoopResults& results, const std::string& base_name);
  /// Names a layer of control flow, and refuses when the network did not make it.
  template <class Layer>
  Layer& border(Layer* layer, const std::string& name) {
    if (!layer) refuse(ParserCode::kINVALID_NODE)(errors_.take());
    layer->setName(unique_layer_name(name).c_str());
    return *layer;
  }
  ITensor& scalar_of(const Value& value, const std::string& name);
  ITensor& as_list(ITensor& scalar, const std::string& name);
  ITensor& extent_of(ITensor& tensor, const std::string& name);
  ConstantPtr zero();
  ConstantPtr one();
  void add_initializers(Scope& scope, const Graph& graph);
  std::vector<Value> gather_inputs(const Scope& scope, const Node& node) const;
  void check_outputs(const std::vector<Value>& outputs);
  void bind_outputs(Scope& scope, const Node& node, const std::vector<Value>& outputs);
  /// Nodes that read the outputs are passed over without a message of their own.
  void fail_outputs(Scope& scope, const Node& node);
  bool is_shared_text(const ILayer& layer) const;
  /// Takes back the layers from `first` on, latest first, so that a node that failed leaves nothing behind.
  void remove_layers(int32_t first) { remove_layers(first, network_.getNbLayers()); }
  void remove_layers(int32_t first, int32_t end);
  const Function* find_function(const Node& node) const;
  void report(const Scope& scope, const Node* node, const ImportError& error);
  void release_to_network();
  void fill_coverage(size_t num_nodes);

  INetworkDefinition& network_;
  const Model& model_;
  ConstantReader& constants_;
  const Given& given_;
  const Limits& limits_;
  ParseResult& result_;
  ErrorCapture errors_;
  Scope root_;
  Scope* scope_ = &root_;  ///< Of the node that is being imported.
  Opsets opsets_;
  std::map<const Function*, Opsets> function_opsets_;
  std::vector<Blob> retained_;
  std::map<ConstantPtr, ITensor*> constant_layers_;
  std::map<StringsPtr, ITensor*> text_layers_;
  std::map<std::string, int> layer_names_;
  std::set<const ITensor*> named_;
  std::set<std::string> wanted_;
  ConstantPtr zero_, one_;
  int region_depth_ = 0;
  int64_t channel_block_ = 0;        ///< 0: nobody has asked.
  std::set<int> failed_nodes_;       ///< Of the model's graph.
  std::set<std::string> fixed_;      ///< Inputs that became constants.
  std::set<std::string> map_names_;  ///< Maps among the model's inputs and outputs.
  std::set<std::string> unusable_;   ///< Inputs of the model that were refused, and values that follow from them.
  int64_t imported_nodes_ = 0;
  int64_t unrolled_ = 0;  ///< Iterations of loops that were written out.
};

/// The order in which nodes can be imported; the given one when it is an order already. Refuses cycles by name.
std::vector<size_t> execution_order(const std::vector<Node>& nodes);

}  // namespace dvt::onnx
