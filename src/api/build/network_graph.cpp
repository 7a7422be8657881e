// From layers to nodes: when they are made, in which order, and when they are forgotten.

#include <algorithm>
#include <set>

#include "api/build/control.h"
#include "api/build/control_graph.h"
#include "api/build/format_nodes.h"
#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/build/shape_trace.h"
#include "api/convert.h"
#include "ops/data/identity.h"
#include "ops/pointwise/cast.h"

namespace dvt::api {

void Network::reset_graph() noexcept {
  structured_ = false;
  graph_ = std::make_unique<ir::Graph>();
  for (const auto& t : inputs_) t->value = nullptr;
  for (const auto& layer : layers_) {
    layer->lowered = false;
    layer->nodes.clear();
    layer->constants.clear();
    for (const auto& t : layer->outputs()) t->value = nullptr;
  }
}

void Network::forget(Layer& layer) noexcept {
  if (!layer.lowered) return;
  if (structured_) return reset_graph();
  const bool alone = std::all_of(layer.outputs().begin(), layer.outputs().end(),
                                 [](const auto& t) { return t->value == nullptr || t->value->num_uses() == 0; });
  if (alone)
    undo(layer);
  else
    reset_graph();
}

void Network::undo(Layer& layer) noexcept {
  for (auto it = layer.nodes.rbegin(); it != layer.nodes.rend(); ++it) graph_->remove(*it);
  for (ir::Value* constant : layer.constants) graph_->remove(constant);
  layer.nodes.clear();
  layer.constants.clear();
  for (const auto& t : layer.outputs()) t->value = nullptr;
  layer.lowered = false;
}

void Network::renamed(Tensor& tensor) {
  if (tensor.value == nullptr) return;
  if (tensor.producer() == nullptr || structured_)
    reset_graph();  // The symbols of its dims carry its name.
  else if (graph_->unique_name(tensor.name()) == tensor.name())
    graph_->set_name(tensor.value, tensor.name());
}

ir::Value* Network::value_of(const Tensor& tensor) {
  if (structured_) reset_graph();
  // Each time round one more carried extent is known to vary, so there is an end.
  for (;;) {
    try {
      return try_value_of(tensor);
    } catch (const LearnedShape&) {
      reset_graph();
    }
  }
}

ir::Value* Network::try_value_of(const Tensor& tensor) {
  ensure_inputs();
  Layer* producer = tensor.producer();
  if (tensor.value == nullptr && producer != nullptr) ensure(*producer);
  // What a carried value looks like is known when the loop is closed.
  if (producer != nullptr && producer->type() == LayerType::kRECURRENCE)
    if (const Tensor* next = producer->input(1)) {
      if (next->value == nullptr && next->producer() != nullptr) ensure(*next->producer());
      learn(*producer->construct());
    }
  return tensor.value;
}

void Network::find_shape_tensors() noexcept {
  for (const auto& layer : layers_) {
    if (layer->lowered || layer->outputs().empty()) continue;
    try {
      value_of(*layer->output(0));
    } catch (...) {  // It decides nothing; the build says what is wrong with it.
    }
  }
}

std::vector<Layer*> Network::layers_of(const Construct& construct) const {
  std::vector<Layer*> found;
  for (const auto& layer : layers_)
    if (layer->construct() == &construct) found.push_back(layer.get());
  return found;
}

void Network::learn(const Construct& loop) {
  bool learned = false;
  for (Layer* layer : layers_of(loop))
    if (layer->type() == LayerType::kRECURRENCE) learned |= static_cast<RecurrenceLayer*>(layer)->learn();
  if (learned) throw LearnedShape{};
}

// All inputs at once and in order, because their order in the graph is their order in the engine.
void Network::ensure_inputs() {
  const bool name_taken = std::any_of(inputs_.begin(), inputs_.end(), [&](const auto& t) {
    return t->value == nullptr && graph_->unique_name(t->name()) != t->name();
  });
  if (name_taken) reset_graph();
  for (const auto& t : inputs_) {
    if (t->value != nullptr) continue;
    t->value = graph_->add_input(t->name(), t->memory_type());
    const TensorType logical = t->input_type();
    if (const FormatInfo* f = t->format(logical.rank())) t->value = from_format(*graph_, t->value, *f, logical.shape);
    if (t->decides_shapes) graph_->make_shape_input(t->value);
  }
}

// Depth first with a stack of its own: networks are deeper than the machine's stack likes.
void Network::ensure(Layer& target) {
  std::vector<Layer*> stack{&target};
  std::vector<Layer*> visited;
  const auto clear_marks = [&] {
    for (Layer* layer : visited) layer->visiting = false;
  };
  try {
    while (!stack.empty()) {
      Layer* layer = stack.back();
      const size_t depth = stack.size();
      for (Tensor* t : layer->awaited()) {
        if (t == nullptr || t->producer() == nullptr || t->producer()->lowered) continue;
        if (t->producer()->visiting || t->producer() == layer)
          throw Error(ErrorCode::kInvalidModel, "layer '", layer->name(), "' (", layer->type_name(),
                      ") depends on itself through tensor '", t->name(), "'");
        stack.push_back(t->producer());
      }
      if (stack.size() > depth) {
        layer->visiting = true;
        visited.push_back(layer);
        continue;
      }
      stack.pop_back();
      layer->visiting = false;
      if (!layer->lowered) lower(*layer, *graph_);
    }
  } catch (...) {
    clear_marks();
    throw;
  }
}

void Network::lower(Layer& layer, ir::Graph& graph) {
  if (!structured_) mark_shape_inputs(layer);
  try {
    Lowering lowering(graph, layer);
    layer.lower(lowering);
  } catch (...) {
    if (!structured_) undo(layer);
    throw;
  }
  layer.lowered = true;
  for (const auto& t : layer.outputs())
    if (t->value != nullptr && graph.unique_name(t->name()) == t->name()) graph.set_name(t->value, t->name());
}

// Inputs whose elements decide shapes are read before a run, so the graph must know them as symbols: from a layer that
// needs to know elements, back to the inputs that they are computed from. What kernels compute on the way there is
// known late.
void Network::mark_shape_inputs(const Layer& layer) {
  std::vector<Tensor*> stack;
  std::set<const ir::Value*> wanted;
  ShapeTrace trace;
  for (int i = 0; i < static_cast<int>(layer.inputs().size()); ++i) {
    if (!layer.is_shape_input(i) || layer.input(i) == nullptr) continue;
    stack.push_back(layer.input(i));
    std::vector<std::string> symbols;
    if (const auto elements = trace.elements(layer.input(i)->value))
      for (const Dim& d : *elements) d.collect_symbols(symbols);
    for (const std::string& s : symbols)
      if (const auto leaf = trace.leaves().find(s); leaf != trace.leaves().end()) wanted.insert(leaf->second.value);
  }
  bool changed = false;
  while (!stack.empty()) {
    Tensor* t = stack.back();
    stack.pop_back();
    if (t->value == nullptr || t->decides_shapes || is_floating(t->value->dtype())) continue;
    if (t->producer() != nullptr && t->producer()->stands_for_value()) continue;  // known when the loop is there
    if (t->producer() == nullptr && !t->value->known()) {
      if (!wanted.contains(t->value)) continue;
      graph_->make_shape_input(t->value);
      changed = true;
    }
    t->decides_shapes = true;
    if (t->value->known() || wanted.contains(t->value)) continue;
    for (Tensor* source : t->producer()->inputs())
      if (source != nullptr) stack.push_back(source);
  }
  if (changed) graph_->refresh();
}

const ir::Graph& Network::prepare() {
  if (!graph_->outputs().empty() || structured_) reset_graph();
  if (outputs_.empty()) throw Error(ErrorCode::kInvalidModel, "the network has no outputs; mark one with markOutput");
  if (constructs_.empty()) {
    ensure_inputs();
    for (const auto& layer : layers_) ensure(*layer);
  } else {
    for (const Tensor* t : outputs_) value_of(*t);  // Finds which extents vary and which inputs decide shapes.
    reset_graph();
    structured_ = true;
    ensure_inputs();
    StructuredLowering(*this, *graph_).run();
  }
  for (const auto& layer : layers_) layer->check_use();
  for (Tensor* t : outputs_) {
    ir::Value* value = t->value;
    if (const auto wanted = t->requested_type();
        wanted && to_dtype(*wanted) != value->dtype() && t->producer() != nullptr)
      value = graph_->add_node(concat(t->name(), ".cast"), ops::Cast{to_dtype(*wanted)}, {value})->output();
    if (const FormatInfo* f = t->format(value->rank())) {
      const Dim& channels = value->shape()[value->rank() - f->trailing];
      if (!channels.is_constant() || bits(value->dtype()) < 8)
        throw Error(ErrorCode::kInvalidModel, "output '", t->name(), "' ", value->type(), ": format ", f->name,
                    " needs a constant number of channels and elements of whole bytes; allow TensorFormat::kLINEAR");
      value = to_format(*graph_, value, *f, t->name());
    }
    graph_->mark_output(value, t->name());
  }
  graph_->name = name_;
  return *graph_;
}

ProfileData Network::memory_profile(const ProfileData& profile) const {
  ProfileData converted = profile;
  for (const auto& t : inputs_) {
    const TensorType type = t->input_type();
    const FormatInfo* f = t->format(type.rank());
    const auto found = converted.dims.find(t->name());
    if (f == nullptr || found == converted.dims.end()) continue;
    for (std::vector<int64_t>& dims : found->second) {
      if (static_cast<int>(dims.size()) != type.rank()) continue;  // Told by the check against the network.
      const auto channel = dims[dims.size() - static_cast<size_t>(f->trailing)];
      if (Dim(channel) != type.shape[type.rank() - f->trailing])
        throw Error(ErrorCode::kInvalidArgument, "profile: input '", t->name(), "' was given ", channel,
                    " channels, it has ", type.shape[type.rank() - f->trailing]);
      dims = memory_dims(*f, std::move(dims));
    }
  }
  return converted;
}

std::vector<std::string> Network::annotations() const {
  std::vector<std::string> list;
  const auto note_format = [&](const Tensor& t, const Shape& shape) {
    if (const FormatInfo* f = t.format(shape.rank()))
      list.push_back(concat("format\t", t.name(), "\t", static_cast<int>(f->format), "\t",
                            shape[shape.rank() - f->trailing].constant()));
  };
  for (const auto& t : inputs_) note_format(*t, t->input_type().shape);
  for (const Tensor* t : outputs_)
    if (t->producer() != nullptr) note_format(*t, t->value->shape());
  for (const auto& layer : layers_)
    if (std::string text = layer->annotation(); !text.empty()) list.push_back(std::move(text));
  return list;
}

std::map<std::string, Dim, std::less<>> Network::plain_symbols() const {
  std::map<std::string, Dim, std::less<>> plain;
  for (const auto& t : inputs_) {
    const Shape shape = t->input_type().shape;
    for (int i = 0; i < shape.rank(); ++i)
      if (const std::optional<std::string> symbol = shape[i].as_symbol())
        plain.try_emplace(*symbol, Dim::symbol(concat(t->name(), ".d", i)));
  }
  return plain;
}

}  // namespace dvt::api
