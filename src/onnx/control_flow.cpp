// If, Loop and Scan whose course is decided while the network runs: layers of the API's conditionals and loops.

#include <algorithm>

#include "onnx/graph_importer.h"

namespace dvt::onnx {
namespace {

const Attribute* find(const Node& node, const std::string& name) {
  for (const Attribute& a : node.attributes)
    if (a.name == name) return &a;
  return nullptr;
}

const Graph& body_of(const Node& node, const std::string& name) {
  const Attribute* a = find(node, name);
  if (!a || a->graphs.size() != 1) refuse(ParserCode::kINVALID_NODE)("the graph '", name, "' is missing");
  return *a->graphs.front();
}

std::vector<int64_t> ints_of(const Node& node, const std::string& name, size_t count) {
  const Attribute* a = find(node, name);
  std::vector<int64_t> list = a ? a->ints : std::vector<int64_t>(count);
  if (list.size() != count)
    refuse(ParserCode::kINVALID_NODE)("the attribute '", name, "' has ", list.size(), " elements, expected ", count);
  return list;
}

template <class T>
ConstantPtr scalar_constant(const char* name, DataType type, T value) {
  auto constant = std::make_shared<Constant>();
  constant->name = name;
  constant->type = type;
  constant->data = Blob::copy(std::as_bytes(std::span(&value, 1)));
  return constant;
}

bool is_true(const Value& v) {
  return v.constant && v.constant->type == DataType::kBOOL && v.constant->volume() == 1 &&
         v.constant->data.data()[0] != std::byte{0};
}

/// The node that gives a graph's only result; nullptr when the result comes from outside.
const Node* last_node(const Graph& graph) {
  for (const Node& n : graph.nodes)
    if (!n.outputs.empty() && graph.outputs.size() == 1 && n.outputs[0] == graph.outputs[0].name) return &n;
  return nullptr;
}

/// Exporters write "remove this dimension if it is 1" as an If of a Squeeze and an Identity. Ranks are fixed here, and
/// what follows was written for the one that the exporter saw: the one without the dimension.
const Graph* squeezing_branch(const Graph& then, const Graph& otherwise) {
  const auto squeezes = [](const Graph& graph) {
    const Node* n = last_node(graph);
    return n && n->op_type == "Squeeze";
  };
  const auto passes = [](const Graph& graph) {
    const Node* n = last_node(graph);
    return n && n->op_type == "Identity" && graph.nodes.size() == 1;
  };
  if (squeezes(then) && passes(otherwise)) return &then;
  return squeezes(otherwise) && passes(then) ? &otherwise : nullptr;
}

/// Counts while it lives.
class Deeper {
 public:
  explicit Deeper(int& depth) : depth_(depth) { ++depth_; }
  ~Deeper() { --depth_; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;

 private:
  int& depth_;
};

bool same_dims(const Dims& a, const Dims& b) {
  return a.nbDims == b.nbDims && std::equal(a.d, a.d + std::max(a.nbDims, 0), b.d);
}

}  // namespace

ITensor& GraphImporter::tensor_of(const Value& value) {
  if (value.constant) return constant_layer(value.constant);
  if (value.strings) return text_layer(value.strings);
  if (!value.tensor && !value.is_missing())
    refuse(ParserCode::kUNSUPPORTED_NODE)(
        "loops and conditionals carry tensors: a sequence, an optional or a map has no place in a network");
  if (!value.tensor) refuse(ParserCode::kINVALID_NODE)("a value that control flow needs is left out");
  return *value.tensor;
}

/// Exporters give one element as a scalar or as a list of one.
ITensor& GraphImporter::scalar_of(const Value& value, const std::string& name) {
  ITensor& tensor = tensor_of(value);
  if (tensor.getDimensions().nbDims == 0) return tensor;
  IShuffleLayer* layer = network_.addShuffle(tensor);
  if (!layer) refuse(ParserCode::kINVALID_NODE)(errors_.take());
  layer->setReshapeDimensions(Dims{0, {}});
  layer->setName(unique_layer_name(name).c_str());
  return *layer->getOutput(0);
}

// A tensor has one rank: where one branch gives a scalar and the other a list of one, both are lists.
ITensor& GraphImporter::as_list(ITensor& scalar, const std::string& name) {
  IShuffleLayer* layer = network_.addShuffle(scalar);
  if (!layer) refuse(ParserCode::kINVALID_NODE)(errors_.take());
  layer->setReshapeDimensions(Dims{1, {1}});
  layer->setName(unique_layer_name(name + "/list").c_str());
  return *layer->getOutput(0);
}

std::optional<std::vector<Value>> GraphImporter::import_region(const Scope& scope, const Graph& graph,
                                                               const std::vector<Value>& inputs,
                                                               const std::string& prefix) {
  if (inputs.size() != graph.inputs.size())
    refuse(ParserCode::kINVALID_GRAPH)("the graph '", graph.name, "' has ", graph.inputs.size(), " inputs, expected ",
                                       inputs.size());
  if (region_depth_ == limits_.region_depth)
    refuse(ParserCode::kUNSUPPORTED_GRAPH)("graphs lie more than ", limits_.region_depth, " deep in each other");
  const Deeper deeper(region_depth_);
  Scope body = scope;  // a nested graph sees what is around it
  body.prefix = prefix + "/";
  for (size_t i = 0; i < inputs.size(); ++i) body.values[graph.inputs[i].name] = inputs[i];
  add_initializers(body, graph);
  import_nodes(body, graph.nodes);
  std::vector<Value> outputs;
  for (const ValueInfo& output : graph.outputs) {
    const auto found = body.values.find(output.name);
    if (found == body.values.end())
      refuse(ParserCode::kINVALID_GRAPH)("nothing gives the output '", output.name, "' of the graph '", graph.name,
                                         "'");
    if (found->second.failed) return std::nullopt;  // reported with its node
    outputs.push_back(found->second);
  }
  return outputs;
}

// A carried value enters the first iteration with its initial shape. Where the body gives it another, the network
// knows afterwards which extents change; then the body is imported again, now that they are unknown.
std::optional<std::vector<Value>> GraphImporter::import_loop_body(const Scope& scope, const Graph& body,
                                                                  const std::vector<Value>& inputs,
                                                                  const std::vector<IRecurrenceLayer*>& carried,
                                                                  size_t first_carried, const std::string& prefix) {
  int32_t old_begin = 0, old_end = 0;
  for (;;) {
    std::vector<Dims> before;
    for (IRecurrenceLayer* r : carried) before.push_back(r->getOutput(0)->getDimensions());
    int32_t begin = network_.getNbLayers();
    const auto outputs = import_region(scope, body, inputs, prefix);
    if (!outputs) return std::nullopt;
    if (outputs->size() < first_carried + carried.size())
      refuse(ParserCode::kINVALID_GRAPH)("the graph '", body.name, "' has ", outputs->size(), " outputs, at least ",
                                         first_carried + carried.size(), " are needed");
    for (size_t j = 0; j < carried.size(); ++j) carried[j]->setInput(1, tensor_of((*outputs)[first_carried + j]));
    const int32_t layers = network_.getNbLayers();
    remove_layers(old_begin, old_end);
    begin -= layers - network_.getNbLayers();
    bool stable = true;
    for (size_t j = 0; j < carried.size(); ++j) {
      const Dims now = carried[j]->getOutput(0)->getDimensions();
      if (now.nbDims < 0) refuse(ParserCode::kINVALID_NODE)(errors_.take());
      stable = stable && same_dims(now, before[j]);
    }
    if (stable) return outputs;
    old_begin = begin;
    old_end = network_.getNbLayers();
  }
}

bool is_single(const ITensor& tensor) {
  const Dims dims = tensor.getDimensions();
  return dims.nbDims == 1 && dims.d[0] == 1;
}

/// The value of the branch that is taken; sequences of one length are chosen element by element.
Value GraphImporter::choice(IIfConditional& conditional, const Value& then, const Value& otherwise,
                            const std::string& name) {
  if (then.is_none != otherwise.is_none)
    refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)(
        "whether an optional holds anything would be decided in the run; networks need to know it when they are built");
  if (then.sequence && otherwise.sequence && then.sequence->size() != otherwise.sequence->size())
    refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("the branches give sequences of ", then.sequence->size(), " and ",
                                                  otherwise.sequence->size(),
                                                  " items; the length must be known when the network is built");
  if (!then.sequence || !otherwise.sequence) {
    ITensor *a = &tensor_of(then), *b = &tensor_of(otherwise);
    const int a_rank = a->getDimensions().nbDims, b_rank = b->getDimensions().nbDims;
    if (a_rank == 0 && is_single(*b)) a = &as_list(*a, name);
    if (b_rank == 0 && is_single(*a)) b = &as_list(*b, name);
    return Value{border(conditional.addOutput(*a, *b), name).getOutput(0)};
  }
  auto elements = std::make_shared<Sequence>();
  for (size_t i = 0; i < then.sequence->size(); ++i)
    elements->push_back(choice(conditional, (*then.sequence)[i], (*otherwise.sequence)[i], name));
  Value sequence;
  sequence.sequence = std::move(elements);
  return sequence;
}

Value GraphImporter::chosen(ITensor& condition, const Value& then, const Value& otherwise, const std::string& name) {
  IIfConditional* conditional = network_.addIfConditional();
  if (!conditional) refuse(ParserCode::kINVALID_NODE)(errors_.take());
  conditional->setName(unique_layer_name(name).c_str());
  border(conditional->setCondition(condition), name + "/condition");
  return choice(*conditional, then, otherwise, name);
}

void GraphImporter::import_conditional(Scope& scope, const Node& node, const Value& condition,
                                       const std::string& base_name) {
  const Graph &if_true = body_of(node, "then_branch"), &if_false = body_of(node, "else_branch");
  if (const Graph* taken = squeezing_branch(if_true, if_false)) {
    // Were the dimension another than 1, the reshape would not fit and the run would say so.
    const auto outputs = import_region(scope, *taken, {}, base_name);
    return outputs ? bind_outputs(scope, node, *outputs) : fail_outputs(scope, node);
  }
  const auto then = import_region(scope, if_true, {}, base_name + "/then");
  const auto otherwise = import_region(scope, if_false, {}, base_name + "/else");
  if (!then || !otherwise) return fail_outputs(scope, node);
  if (then->size() != otherwise->size() || then->size() < node.outputs.size())
    refuse(ParserCode::kINVALID_NODE)("the branches of If give ", then->size(), " and ", otherwise->size(),
                                      " values for ", node.outputs.size(), " outputs");
  IIfConditional* conditional = network_.addIfConditional();
  if (!conditional) refuse(ParserCode::kINVALID_NODE)(errors_.take());
  conditional->setName(unique_layer_name(base_name).c_str());
  border(conditional->setCondition(scalar_of(condition, base_name + "/condition")), base_name + "/condition");
  std::vector<Value> outputs(node.outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (node.outputs[i].empty() || !is_wanted(node.outputs[i])) continue;
    outputs[i] = choice(*conditional, (*then)[i], (*otherwise)[i], base_name + "/output");
  }
  check_outputs(outputs);
  bind_outputs(scope, node, outputs);
}

/// The results of a loop: what it carries, then what each iteration adds.
void GraphImporter::bind_loop(Scope& scope, const Node& node, ILoop& loop, const LoopResults& results,
                              const std::string& base_name) {
  std::vector<Value> outputs;
  const auto wanted = [&] {
    const size_t i = outputs.size();
    return i < node.outputs.size() && !node.outputs[i].empty() && is_wanted(node.outputs[i]);
  };
  for (IRecurrenceLayer* r : results.carried) {
    Value v;
    if (wanted())
      v.tensor =
          border(loop.addLoopOutput(*r->getOutput(0), LoopOutput::kLAST_VALUE), base_name + "/last").getOutput(0);
    outputs.push_back(v);
  }
  for (const LoopResults::Stacked& s : results.stacked) {
    Value v;
    if (wanted()) {
      const LoopOutput kind = s.reverse ? LoopOutput::kREVERSE : LoopOutput::kCONCATENATE;
      ILoopOutputLayer& layer =
          border(loop.addLoopOutput(tensor_of(s.slice), kind, static_cast<int32_t>(s.axis)), base_name + "/all");
      if (s.length) layer.setInput(1, *s.length);
      v.tensor = layer.getOutput(0);
    }
    outputs.push_back(v);
  }
  check_outputs(outputs);
  bind_outputs(scope, node, outputs);
}

void GraphImporter::import_loop(Scope& scope, const Node& node, std::vector<Value> inputs,
                                const std::string& base_name) {
  if (std::any_of(inputs.begin(), inputs.end(), [](const Value& v) { return v.failed; }))
    return fail_outputs(scope, node);
  inputs.resize(std::max<size_t>(inputs.size(), 2));
  if (std::any_of(inputs.begin() + 2, inputs.end(), [](const Value& v) { return v.sequence || v.is_none || v.map; }))
    return unroll_loop(scope, node, inputs, base_name);
  const Graph& body = body_of(node, "body");
  const size_t count = inputs.size() - 2;
  ILoop* loop = network_.addLoop();
  if (!loop) refuse(ParserCode::kINVALID_NODE)(errors_.take());
  loop->setName(unique_layer_name(base_name).c_str());
  const bool has_limit = inputs[0].tensor || inputs[0].constant;
  const bool has_condition = (inputs[1].tensor || inputs[1].constant) && !is_true(inputs[1]);
  if (has_limit)
    border(loop->addTripLimit(scalar_of(inputs[0], base_name + "/limit"), TripLimit::kCOUNT), base_name + "/limit");

  LoopResults results;
  IRecurrenceLayer& number = border(loop->addRecurrence(constant_layer(zero())), base_name + "/iteration");
  ILayer* next = network_.addElementWise(*number.getOutput(0), constant_layer(one()), ElementWiseOperation::kSUM);
  number.setInput(1, *border(next, base_name + "/iteration/next").getOutput(0));
  // Inside an iteration the condition is true, or there would be none.
  std::vector<Value> body_inputs = {Value{number.getOutput(0)},
                                    Value{nullptr, scalar_constant("true", DataType::kBOOL, true)}};
  for (size_t j = 0; j < count; ++j) {
    results.carried.push_back(&border(loop->addRecurrence(tensor_of(inputs[2 + j])), base_name + "/carried"));
    body_inputs.push_back(Value{results.carried.back()->getOutput(0)});
  }
  const auto outputs = import_loop_body(scope, body, body_inputs, results.carried, 1, base_name);
  if (!outputs) return fail_outputs(scope, node);
  const bool goes_on = is_true(outputs->front());
  if (!has_limit && !has_condition && goes_on)
    refuse(ParserCode::kINVALID_NODE)("the loop never ends: it has no trip count, and its condition is always true");
  if (has_condition || !goes_on) {
    const Value initial = has_condition ? inputs[1] : Value{nullptr, scalar_constant("true", DataType::kBOOL, true)};
    IRecurrenceLayer& condition =
        border(loop->addRecurrence(scalar_of(initial, base_name + "/condition")), base_name + "/condition");
    condition.setInput(1, scalar_of(outputs->front(), base_name + "/condition/next"));
    border(loop->addTripLimit(*condition.getOutput(0), TripLimit::kWHILE), base_name + "/while");
  }
  for (size_t k = 1 + count; k < outputs->size(); ++k) results.stacked.push_back({(*outputs)[k], 0, false, nullptr});
  bind_loop(scope, node, *loop, results, base_name);
}

void GraphImporter::import_scan(Scope& scope, const Node& node, std::vector<Value> inputs,
                                const std::string& base_name) {
  if (std::any_of(inputs.begin(), inputs.end(), [](const Value& v) { return v.failed; }))
    return fail_outputs(scope, node);
  const auto version = scope.opsets->find("");
  const Graph& body = body_of(node, "body");
  const Attribute* number = find(node, "num_scan_inputs");
  if (!number || number->i < 1) refuse(ParserCode::kINVALID_NODE)("the attribute 'num_scan_inputs' must be 1 or more");
  ScanForm form{.scanned = static_cast<size_t>(number->i), .base_name = base_name};
  if (version != scope.opsets->end() && version->second < 9) {
    inputs.resize(std::max<size_t>(inputs.size(), 1));
    form.reverse = ints_of(node, "directions", form.scanned);
    return import_batched_scan(scope, node, body, inputs, form);
  }
  if (inputs.size() < form.scanned)
    refuse(ParserCode::kINVALID_NODE)("it scans ", form.scanned, " inputs and has ", inputs.size());
  form.states = inputs.size() - form.scanned;
  const size_t stacked = body.outputs.size() - std::min(body.outputs.size(), form.states);
  form.axes = ints_of(node, "scan_input_axes", form.scanned);
  form.reverse = ints_of(node, "scan_input_directions", form.scanned);
  form.output_axes = ints_of(node, "scan_output_axes", stacked);
  form.output_reverse = ints_of(node, "scan_output_directions", stacked);
  ILoop* loop = network_.addLoop();
  if (!loop) refuse(ParserCode::kINVALID_NODE)(errors_.take());
  loop->setName(unique_layer_name(base_name).c_str());
  const auto results = scan(scope, body, inputs, form, *loop);
  if (!results) return fail_outputs(scope, node);
  bind_loop(scope, node, *loop, *results, base_name);
}

/// One scan: iterations end with the scanned tensors.
std::optional<GraphImporter::LoopResults> GraphImporter::scan(const Scope& scope, const Graph& body,
                                                              const std::vector<Value>& inputs, const ScanForm& form,
                                                              ILoop& loop) {
  LoopResults results;
  std::vector<Value> body_inputs;
  for (size_t j = 0; j < form.states; ++j) {
    results.carried.push_back(&border(loop.addRecurrence(tensor_of(inputs[j])), form.base_name + "/state"));
    body_inputs.push_back(Value{results.carried.back()->getOutput(0)});
  }
  for (size_t k = 0; k < form.scanned; ++k) {
    IIteratorLayer& slice = border(
        loop.addIterator(tensor_of(inputs[form.states + k]), static_cast<int32_t>(form.axes[k]), form.reverse[k] != 0),
        form.base_name + "/slice");
    body_inputs.push_back(Value{slice.getOutput(0)});
  }
  const auto outputs = import_loop_body(scope, body, body_inputs, results.carried, 0, form.base_name);
  if (!outputs) return std::nullopt;
  for (size_t k = form.states; k < outputs->size(); ++k) {
    const size_t i = k - form.states;
    results.stacked.push_back({(*outputs)[k], form.output_axes[i], form.output_reverse[i] != 0, nullptr});
  }
  return results;
}

/// Operator set 8: every tensor has a batch in front, and each element of it is scanned by itself, as far as its
/// sequence is long.
void GraphImporter::import_batched_scan(Scope& scope, const Node& node, const Graph& body, std::vector<Value> inputs,
                                        ScanForm form) {
  const Value lengths = inputs.front();
  inputs.erase(inputs.begin());
  if (inputs.size() < form.scanned)
    refuse(ParserCode::kINVALID_NODE)("it scans ", form.scanned, " inputs and has ", inputs.size());
  form.states = inputs.size() - form.scanned;
  const size_t stacked = body.outputs.size() - std::min(body.outputs.size(), form.states);
  form.axes.assign(form.scanned, 0);
  form.output_axes.assign(stacked, 0);
  form.output_reverse.assign(stacked, 0);
  const bool has_lengths = lengths.tensor || lengths.constant;
  if (has_lengths && std::count(form.reverse.begin(), form.reverse.end(), 0) != static_cast<int64_t>(form.scanned))
    refuse(ParserCode::kUNSUPPORTED_NODE)(
        "sequence lengths with a reversed direction are not supported; convert the "
        "model to operator set 9");
  ILoop *batch = network_.addLoop(), *loop = network_.addLoop();
  if (!batch || !loop) refuse(ParserCode::kINVALID_NODE)(errors_.take());
  batch->setName(unique_layer_name(form.base_name).c_str());
  loop->setName(unique_layer_name(form.base_name + "/sequence").c_str());
  std::vector<Value> elements;
  for (const Value& v : inputs)
    elements.push_back(
        Value{border(batch->addIterator(tensor_of(v), 0, false), form.base_name + "/element").getOutput(0)});
  ITensor* whole_length = nullptr;
  if (has_lengths) {
    ITensor& length =
        *border(batch->addIterator(tensor_of(lengths), 0, false), form.base_name + "/length").getOutput(0);
    border(loop->addTripLimit(length, TripLimit::kCOUNT), form.base_name + "/limit");
    whole_length = &extent_of(*elements[form.states].tensor, form.base_name);
  }
  const auto results = scan(scope, body, elements, form, *loop);
  if (!results) return fail_outputs(scope, node);
  LoopResults all;
  for (IRecurrenceLayer* r : results->carried) {
    ITensor* last =
        border(loop->addLoopOutput(*r->getOutput(0), LoopOutput::kLAST_VALUE), form.base_name + "/last").getOutput(0);
    all.stacked.push_back({Value{last}, 0, false, nullptr});
  }
  for (const LoopResults::Stacked& s : results->stacked) {
    ILoopOutputLayer& layer =
        border(loop->addLoopOutput(tensor_of(s.slice), LoopOutput::kCONCATENATE, 0), form.base_name + "/sequence");
    if (whole_length) layer.setInput(1, *whole_length);
    all.stacked.push_back({Value{layer.getOutput(0)}, 0, false, nullptr});
  }
  bind_loop(scope, node, *batch, all, form.base_name);
}

/// The outermost extent as a scalar.
ITensor& GraphImporter::extent_of(ITensor& tensor, const std::string& name) {
  ITensor& shape = *border(network_.addShape(tensor), name + "/shape").getOutput(0);
  return *border(network_.addGather(shape, constant_layer(zero()), 0), name + "/extent").getOutput(0);
}

ConstantPtr GraphImporter::zero() {
  if (!zero_) zero_ = scalar_constant<int64_t>("zero", DataType::kINT64, 0);
  return zero_;
}
ConstantPtr GraphImporter::one() {
  if (!one_) one_ = scalar_constant<int64_t>("one", DataType::kINT64, 1);
  return one_;
}

}  // namespace dvt::onnx
