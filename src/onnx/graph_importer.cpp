#include "onnx/graph_importer.h"

#include <algorithm>

#include "base/error.h"
#include "base/knobs.h"
#include "onnx/channel_block.h"
#include "onnx/constant_folding.h"
#include "onnx/emit.h"
#include "onnx/registry.h"

namespace dvt::onnx {
namespace {

std::string domain_name(const std::string& domain) { return domain.empty() ? "ai.onnx" : domain; }

Opsets read_opsets(const std::vector<OpsetImport>& imports) {
  Opsets opsets;
  for (const OpsetImport& import : imports) {
    if (import.version < 1 || import.version > 10'000)
      refuse(ParserCode::kINVALID_GRAPH)("the operator set '", domain_name(import.domain), "' has the version ",
                                         import.version);
    opsets[import.domain] = static_cast<int>(import.version);
  }
  return opsets;
}

void collect_wanted(const std::vector<Node>& nodes, std::set<std::string>& wanted) {
  for (const Node& node : nodes) {
    wanted.insert(node.inputs.begin(), node.inputs.end());
    for (const Attribute& attribute : node.attributes)
      for (const auto& graph : attribute.graphs) {
        collect_wanted(graph->nodes, wanted);
        for (const ValueInfo& output : graph->outputs) wanted.insert(output.name);
      }
  }
}

std::string dims_text(std::span<const int64_t> dims) {
  std::string text = "[";
  for (size_t i = 0; i < dims.size(); ++i) text += concat(i ? "," : "", dims[i]);
  return text + "]";
}

std::string describe(const Value& value) {
  if (value.constant) return concat("constant ", type_name(value.constant->type), dims_text(value.constant->dims));
  if (value.failed) return "(not imported)";
  if (value.strings) return concat("strings ", dims_text(value.strings->dims));
  if (value.sequence) return concat("sequence of ", value.sequence->size());
  if (value.is_none) return "(an optional that holds nothing)";
  if (value.map) return value.map->is_sequence ? "sequence of maps" : "map";
  if (!value.tensor) return "(left out)";
  const Dims dims = value.tensor->getDimensions();
  if (dims.nbDims < 0) return "(shape unknown)";
  return concat(type_name(value.tensor->getType()), dims_text({dims.d, static_cast<size_t>(dims.nbDims)}));
}

/// Puts the old value back when the scope is left.
template <class T>
class ScopeGuard {
 public:
  ScopeGuard(T& place, T now) : place_(place), before_(place) { place = now; }
  ~ScopeGuard() { place_ = before_; }
  ScopeGuard(const ScopeGuard&) = delete;
  ScopeGuard& operator=(const ScopeGuard&) = delete;

 private:
  T& place_;
  T before_;
};

ParserCode to_parser_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kOutOfMemory:
      return ParserCode::kMEM_ALLOC_FAILED;
    case ErrorCode::kUnsupported:
      return ParserCode::kUNSUPPORTED_NODE;
    case ErrorCode::kInternal:
      return ParserCode::kINTERNAL_ERROR;
    case ErrorCode::kIo:
      return ParserCode::kINVALID_VALUE;
    default:
      return ParserCode::kINVALID_NODE;
  }
}

/// Runs body and gives every failure the one form that report() takes.
template <class Body>
void as_import_errors(Body&& body) {
  try {
    body();
  } catch (const ImportError&) {
    throw;
  } catch (const Error& error) {
    throw ImportError(to_parser_code(error.code()), SourceLocation::current(), error.what());
  } catch (const std::bad_alloc&) {
    throw ImportError(ParserCode::kMEM_ALLOC_FAILED, SourceLocation::current(), "out of host memory");
  }
}

}  // namespace

GraphImporter::GraphImporter(INetworkDefinition& network, const Model& model, ConstantReader& constants,
                             const Given& given, const Limits& limits, ParseResult& result)
    : network_(network),
      model_(model),
      constants_(constants),
      given_(given),
      limits_(limits),
      result_(result),
      errors_(network) {
  root_.opsets = &opsets_;
}

void GraphImporter::run() {
  const Graph& graph = model_.graph;
  try {
    as_import_errors([&] {
      opsets_ = read_opsets(model_.opsets);
      if (opsets_.empty()) opsets_[""] = 1;  // what files say by silence since the first version
      if (opsets_[""] > kNewestOpset)
        result_.warnings.push_back(concat("the model uses operator set ", opsets_[""], "; operators are known up to ",
                                          kNewestOpset, " and taken to be unchanged since"));
      collect_wanted(graph.nodes, wanted_);
      for (const Function& f : model_.functions) {
        collect_wanted(f.nodes, wanted_);
        wanted_.insert(f.outputs.begin(), f.outputs.end());
      }
      for (const ValueInfo& output : graph.outputs) wanted_.insert(output.name);
      add_initializers(root_, graph);
      add_inputs();
      import_nodes(root_, graph.nodes);
      mark_outputs();
    });
  } catch (const ImportError& error) {
    report(root_, nullptr, error);
  }
  release_to_network();
  fill_coverage(graph.nodes.size());
  result_.ok = result_.errors.empty();
}

void GraphImporter::add_initializers(Scope& scope, const Graph& graph) {
  const auto add = [&](const std::string& name, auto read) {
    if (name.empty()) refuse(ParserCode::kINVALID_GRAPH)("an initializer has no name");
    if (scope.values.count(name)) refuse(ParserCode::kINVALID_GRAPH)("two initializers are named '", name, "'");
    scope.values[name] = read();
  };
  const auto read_value = [&](const Tensor& tensor) {
    Value value;
    if (tensor.type == ElementType::kString)
      value.strings = std::make_shared<Strings>(Strings{tensor.name, tensor.dims, tensor.strings});
    else
      value.constant = constants_.read(tensor, tensor.name);
    return value;
  };
  for (const auto& tensor : graph.initializers) {
    add(tensor->name, [&] { return read_value(*tensor); });
  }
  for (const auto& sparse : graph.sparse_initializers)
    add(sparse->values.name, [&] { return Value{nullptr, constants_.read(*sparse, sparse->values.name)}; });
}

void GraphImporter::mark_outputs() {
  std::set<std::string> seen;
  if (model_.graph.outputs.empty()) refuse(ParserCode::kINVALID_GRAPH)("the model has no output");
  for (const ValueInfo& info : model_.graph.outputs) {
    if (!seen.insert(info.name).second) refuse(ParserCode::kINVALID_GRAPH)("two outputs are named '", info.name, "'");
    mark_output(info);
  }
  check_map_names();
}

void GraphImporter::check_map_names() const {
  for (const std::string& map : map_names_)
    for (const std::string& part : {keys_name(map), values_name(map)})
      if (root_.values.count(part) != 0)
        refuse(ParserCode::kUNSUPPORTED_GRAPH)("the model has a value '", part,
                                               "', which is what a tensor of the map '", map,
                                               "' would be called; rename one of them");
}

void GraphImporter::mark_output(const ValueInfo& info) {
  const auto found = root_.values.find(info.name);
  if (found == root_.values.end())
    refuse(ParserCode::kINVALID_GRAPH)("nothing gives the model's output '", info.name, "'");
  const Value& value = found->second;
  if (value.failed) return;  // reported with its node
  if (value.sequence) {      // each element is an output of its own
    for (size_t i = 0; i < value.sequence->size(); ++i)
      mark_output(concat(info.name, "[", i, "]"), (*value.sequence)[i]);
    return;
  }
  if (value.map) {
    map_names_.insert(info.name);
    mark_output(keys_name(info.name), value.map->keys);
    mark_output(values_name(info.name), value.map->values);
    return;
  }
  mark_output(info.name, value);
}

void GraphImporter::mark_output(const std::string& name, const Value& value) {
  if (!value.is_tensor())
    refuse(ParserCode::kUNSUPPORTED_GRAPH)("the output '", name, "' is ", describe(value), "; networks give tensors");
  ITensor* tensor = &tensor_of(value);
  const bool is_own =
      value.tensor && !tensor->isNetworkInput() && !tensor->isNetworkOutput() && name == tensor->getName();
  if (!is_own) {
    ILayer* copy = network_.addIdentity(*tensor);
    if (!copy) refuse(ParserCode::kINVALID_GRAPH)("the output '", name, "' was refused: ", errors_.take());
    copy->setName(unique_layer_name(name).c_str());
    tensor = copy->getOutput(0);
    tensor->setName(name.c_str());
  }
  network_.markOutput(*tensor);
}

void GraphImporter::import_nodes(Scope& scope, const std::vector<Node>& nodes) {
  const bool is_root = &scope == &root_;
  for (const size_t i : execution_order(nodes)) {
    if (is_root) scope.node_index = static_cast<int>(i);
    import_node(scope, nodes[i]);
  }
  if (is_root) scope.node_index = -1;
}

void GraphImporter::import_node(Scope& scope, const Node& node) {
  const int32_t first_layer = network_.getNbLayers();
  errors_.take();  // what an earlier node tried in vain
  try {
    as_import_errors([&] {
      if (++imported_nodes_ > limits_.inlined_nodes)
        refuse(ParserCode::kUNSUPPORTED_GRAPH)("the model has more than ", limits_.inlined_nodes,
                                               " nodes when its functions are written out");
      std::vector<Value> inputs = gather_inputs(scope, node);
      const std::string name = node.name.empty() ? concat(node.op_type, "_", scope.node_index) : node.name;
      const Function* function = find_function(node);
      if (function)
        import_call(scope, node, *function, std::move(inputs), scope.prefix + name);
      else if (node.op_type == "If" && node.domain.empty())
        import_if(scope, node, inputs, scope.prefix + name);
      else if (node.op_type == "Loop" && node.domain.empty())
        import_loop(scope, node, std::move(inputs), scope.prefix + name);
      else if (node.op_type == "Scan" && node.domain.empty())
        import_scan(scope, node, std::move(inputs), scope.prefix + name);
      else
        import_operator(scope, node, std::move(inputs), scope.prefix + name);
      if (&scope == &root_) spread_unusable(node);
    });
  } catch (const ImportError& error) {
    report(scope, &node, error);
    failed_nodes_.insert(scope.node_index);
    fail_outputs(scope, node);
    if (&scope == &root_) result_.outputs_of_node.erase(node.name);
    remove_layers(first_layer);
    errors_.take();
  }
}

std::vector<Value> GraphImporter::gather_inputs(const Scope& scope, const Node& node) const {
  std::vector<Value> inputs;
  for (const std::string& name : node.inputs) {
    if (name.empty()) {
      inputs.emplace_back();
      continue;
    }
    const auto found = scope.values.find(name);
    if (found == scope.values.end())
      refuse(ParserCode::kINVALID_GRAPH)("nothing gives the input '", name,
                                         "'; it is no input or initializer of the model and no node's output");
    inputs.push_back(found->second);
  }
  while (!inputs.empty() && node.inputs[inputs.size() - 1].empty()) inputs.pop_back();
  return inputs;
}

const Function* GraphImporter::find_function(const Node& node) const {
  for (const Function& f : model_.functions)
    if (f.name == node.op_type && f.domain == node.domain && f.overload == node.overload) return &f;
  return nullptr;
}

void GraphImporter::import_operator(Scope& scope, const Node& node, std::vector<Value> inputs,
                                    const std::string& base_name) {
  const auto version = scope.opsets->find(node.domain);
  if (version == scope.opsets->end() && !has_importer(node.domain, node.op_type))
    refuse(ParserCode::kUNSUPPORTED_NODE)("there is no operator ", domain_name(node.domain), "::", node.op_type);
  if (version == scope.opsets->end())
    refuse(ParserCode::kINVALID_GRAPH)("the model does not say which version of the operator set '",
                                       domain_name(node.domain), "' it uses");
  const Importer importer = find_importer(node.domain, node.op_type, version->second);
  if (!importer) {
    if (has_importer(node.domain, node.op_type))
      refuse(ParserCode::kUNSUPPORTED_NODE)(
          node.op_type, " of operator set ", version->second,
          " is not supported, newer ones are; convert the model to a newer operator set");
    refuse(ParserCode::kUNSUPPORTED_NODE)("the operator ", domain_name(node.domain), "::", node.op_type,
                                          " is not supported");
  }
  if (std::any_of(inputs.begin(), inputs.end(), [](const Value& v) { return v.failed; })) {
    fail_outputs(scope, node);  // the reason has been reported with the node that gives the input
    return;
  }
  const ScopeGuard guard(scope_, &scope);
  ImporterContext context(*this, node, version->second, base_name, std::move(inputs));
  if (!fold_constants(context)) importer(context);
  check_outputs(context.outputs());
  bind_outputs(scope, node, context.outputs());
}

void GraphImporter::check_outputs(const std::vector<Value>& outputs) {
  // Types and shapes are inferred when asked for: now is when the node is at hand for the message.
  for (const Value& output : outputs)
    if (output.tensor && output.tensor->getDimensions().nbDims < 0) refuse(ParserCode::kINVALID_NODE)(errors_.take());
}

void GraphImporter::bind_outputs(Scope& scope, const Node& node, const std::vector<Value>& outputs) {
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    const std::string& name = node.outputs[i];
    if (name.empty()) continue;
    const Value value = i < outputs.size() ? outputs[i] : Value{};
    const bool missing = value.is_missing();
    if (missing && is_wanted(name))
      refuse(ParserCode::kUNSUPPORTED_NODE)("the output ", i, " ('", name, "') is not supported");
    if (value.tensor) name_tensor(*value.tensor, scope.prefix + name);
    if (missing) continue;
    if (!scope.values.emplace(name, value).second)
      refuse(ParserCode::kINVALID_GRAPH)("the value '", name, "' is given twice");
    if (&scope != &root_ || !value.tensor) continue;
    result_.tensors[name] = value.tensor;
    if (!node.name.empty()) result_.outputs_of_node[node.name].push_back(value.tensor);
  }
}

void GraphImporter::fail_outputs(Scope& scope, const Node& node) {
  for (const std::string& name : node.outputs)
    if (!name.empty()) scope.values[name] = Value{nullptr, nullptr, true};
}

bool GraphImporter::is_shared_text(const ILayer& layer) const {
  return std::any_of(text_layers_.begin(), text_layers_.end(),
                     [&](const auto& entry) { return entry.second && entry.second == layer.getOutput(0); });
}

void GraphImporter::remove_layers(int32_t first, int32_t end) {
  for (int32_t i = end - 1; i >= first; --i) {
    ILayer* layer = network_.getLayer(i);
    // Constants are shared between nodes and cannot be at fault.
    if (!layer || layer->getType() == LayerType::kCONSTANT || is_shared_text(*layer)) continue;
    std::vector<ITensor*> outputs;
    for (int32_t k = 0; k < layer->getNbOutputs(); ++k) outputs.push_back(layer->getOutput(k));
    const int32_t layers_before = network_.getNbLayers();
    for (ITensor* output : outputs) {
      named_.erase(output);
      // The layer goes with its last output, or with its first when nothing reads the others.
      if (output && network_.getNbLayers() == layers_before) network_.removeTensor(*output);
    }
  }
}

std::string GraphImporter::unique_layer_name(const std::string& wanted) {
  const int count = layer_names_[wanted]++;
  return count == 0 ? wanted : unique_layer_name(concat(wanted, "_", count));
}

void GraphImporter::name_tensor(ITensor& tensor, const std::string& name) {
  if (named_.insert(&tensor).second) tensor.setName(name.c_str());
}

ITensor& GraphImporter::constant_layer(const ConstantPtr& shared) {
  const Constant& constant = *shared;
  ITensor*& tensor = constant_layers_[shared];
  if (tensor) return *tensor;
  if (constant.dims.size() > static_cast<size_t>(Dims::MAX_DIMS))
    refuse(ParserCode::kUNSUPPORTED_NODE_SHAPE)("'", constant.name, "' has ", constant.dims.size(),
                                                " dimensions; at most ", Dims::MAX_DIMS, " are possible");
  Dims dims{static_cast<int32_t>(constant.dims.size()), {}};
  std::copy(constant.dims.begin(), constant.dims.end(), dims.d);
  retain(constant.data);
  ILayer* layer = network_.addConstant(dims, Weights{constant.type, constant.data.data(), constant.volume()});
  if (!layer) refuse(ParserCode::kINVALID_NODE)("the constant '", constant.name, "' was refused: ", errors_.take());
  layer->setName(unique_layer_name(constant.name).c_str());
  tensor = layer->getOutput(0);
  return *tensor;
}

ITensor& GraphImporter::text_layer(const StringsPtr& shared) {
  ITensor*& tensor = text_layers_[shared];
  if (tensor) return *tensor;
  const Fields fields = Fields().add("values", shared->values).add("shape", shared->dims);
  const std::vector<PluginField> views = fields.views();
  ILayer* layer =
      network_.addOperator("dovetail", "text_constant", {static_cast<int32_t>(views.size()), views.data()}, nullptr, 0);
  if (!layer) refuse(ParserCode::kINVALID_NODE)("the strings '", shared->name, "' were refused: ", errors_.take());
  layer->setName(unique_layer_name(shared->name).c_str());
  tensor = layer->getOutput(0);
  return *tensor;
}

void GraphImporter::report(const Scope& scope, const Node* node, const ImportError& error) {
  ParseError& out = result_.errors.emplace_back();
  out.error_code = error.code();
  out.source_file = error.where().file;
  out.source_function = error.where().function;
  out.source_line = error.where().line;
  out.description = error.what();
  // A shape that cannot be inferred has its reason in the network's own error.
  if (const std::string reason = errors_.take(); !reason.empty()) out.description += concat(": ", reason);
  if (!node) return;
  out.node_index = scope.node_index;
  out.node_name = node->name;
  out.node_operator = node->op_type;
  out.function_stack = scope.functions;
  const char* separator = "\n    inputs: ";
  for (const std::string& name : node->inputs) {
    const auto found = scope.values.find(name);
    if (name.empty() || found == scope.values.end()) continue;
    out.description += concat(separator, "'", name, "' ", describe(found->second));
    separator = ", ";
  }
}

int64_t GraphImporter::channel_block() {
  if (channel_block_ != 0) return channel_block_;
  const int64_t told = knobs().DOVETAIL_CHANNEL_BLOCK;
  if (told < 0 || told > 64)
    refuse(ParserCode::kUNSUPPORTED_GRAPH)("DOVETAIL_CHANNEL_BLOCK is ", told, "; 8 and 16 are usual");
  if (const auto evident = told ? std::optional(told) : channel_block_of(model_.graph))
    return channel_block_ = *evident;
  channel_block_ = channel_block_of_machine();
  result_.warnings.push_back(
      concat("the kernels are in blocks of channels, as they suit the machine that the model was "
             "optimized on, and the file does not say how many; taken to be ",
             channel_block_, ". If the results are wrong, set DOVETAIL_CHANNEL_BLOCK to ",
             channel_block_ == 16 ? 8 : 16, ", or save the model at level ORT_ENABLE_EXTENDED"));
  return channel_block_;
}

void GraphImporter::release_to_network() {
  // Also after errors: the network may hold layers whose weights point into what was read.
  auto kept = std::make_unique<std::vector<Blob>>(std::move(retained_));
  network_.retainResource(kept.release(), [](void* p) { delete static_cast<std::vector<Blob>*>(p); });
}

void GraphImporter::fill_coverage(size_t num_nodes) {
  for (size_t i = 0; i < num_nodes; ++i) {
    const bool supported = failed_nodes_.count(static_cast<int>(i)) == 0;
    auto& parts = result_.coverage.parts;
    if (parts.empty() || parts.back().supported != supported) parts.push_back({{}, supported});
    parts.back().nodes.push_back(static_cast<int64_t>(i));
  }
}

}  // namespace dvt::onnx
