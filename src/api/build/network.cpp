#include "api/build/network.h"

#include <algorithm>

#include "api/build/lowering.h"
#include "api/convert.h"
#include "ir/text.h"
#include "ops/data/identity.h"
#include "ops/pointwise/cast.h"

namespace dvt::api {

std::vector<int64_t> input_dims(const Dims& dims, std::string_view name) {
  std::vector<int64_t> list = to_vector(dims, concat("the shape of input '", name, "'"));
  for (size_t i = 0; i < list.size(); ++i)
    if (list[i] < -1)
      throw Error(ErrorCode::kInvalidArgument, "input '", name, "': dimension ", i, " is ", list[i],
                  "; it must be -1 (dynamic) or not negative");
  return list;
}

Network::Network(IBuilder& builder, const Reporter& reporter, NetworkDefinitionCreationFlags flags, int number)
    : builder_(builder),
      reporter_(reporter),
      flags_(flags),
      name_(concat("Unnamed Network ", number)),
      graph_(std::make_unique<ir::Graph>()) {}

Network::~Network() noexcept {
  graph_.reset();
  for (auto it = resources_.rbegin(); it != resources_.rend(); ++it) it->release(it->resource);
}

// Inputs and outputs.

Tensor& Network::own(ITensor& tensor) const {
  auto& own = static_cast<Tensor&>(tensor);
  if (&own.network() != this)
    throw Error(ErrorCode::kInvalidArgument, "tensor '", own.name(), "' belongs to another network");
  return own;
}

std::vector<Tensor*> Network::own_all(ITensor* const* tensors, int32_t count, bool allow_missing) const {
  if (count < 0 || (tensors == nullptr && count > 0))
    throw Error(ErrorCode::kInvalidArgument, "the list of ", count, " inputs is nullptr or its length is negative");
  std::vector<Tensor*> list;
  for (int32_t i = 0; i < count; ++i) {
    if (tensors[i] == nullptr && !allow_missing) throw Error(ErrorCode::kInvalidArgument, "input ", i, " is nullptr");
    list.push_back(tensors[i] == nullptr ? nullptr : &own(*tensors[i]));
  }
  return list;
}

void Network::check_io_name(const std::string& name, const Tensor& self) const {
  if (name.empty()) throw Error(ErrorCode::kInvalidArgument, "an input or output needs a name");
  const auto taken = [&](const Tensor* t) { return t != &self && t->name() == name; };
  for (const auto& t : inputs_)
    if (taken(t.get())) throw Error(ErrorCode::kInvalidArgument, "the network already has an input '", name, "'");
  for (const Tensor* t : outputs_)
    if (taken(t)) throw Error(ErrorCode::kInvalidArgument, "the network already has an output '", name, "'");
}

ITensor* Network::addInput(char const* name, DataType type, Dims const& dimensions) noexcept {
  return guarded(reporter_, static_cast<ITensor*>(nullptr), [&]() -> ITensor* {
    const std::string text = required(name, "the input's name");
    auto input = std::make_unique<Tensor>(*this, text, type, input_dims(dimensions, text));
    check_io_name(input->name(), *input);
    input->input_type();  // Refuses types that are not supported.
    inputs_.push_back(std::move(input));
    return inputs_.back().get();
  });
}

void Network::markOutput(ITensor& tensor) noexcept {
  guarded(reporter_, [&] {
    Tensor& t = own(tensor);
    if (t.is_output) return;
    // A tensor that passes straight through has one name as input and output.
    if (t.producer() != nullptr) check_io_name(t.name(), t);
    outputs_.push_back(&t);
    t.is_output = true;
  });
}

void Network::unmarkOutput(ITensor& tensor) noexcept {
  guarded(reporter_, [&] {
    Tensor& t = own(tensor);
    if (!t.is_output) throw Error(ErrorCode::kInvalidState, "tensor '", t.name(), "' is no network output");
    std::erase(outputs_, &t);
    t.is_output = false;
    if (!graph_->outputs().empty()) reset_graph();
  });
}

bool Network::markOutputForShapes(ITensor& tensor) noexcept {
  markOutput(tensor);
  return static_cast<Tensor&>(tensor).is_output;
}

bool Network::unmarkOutputForShapes(ITensor& tensor) noexcept {
  unmarkOutput(tensor);
  return !static_cast<Tensor&>(tensor).is_output;
}

bool Network::markDebug(ITensor& tensor) noexcept {
  reporter_.error(ErrorCode::kUnsupported, concat("tensor '", static_cast<Tensor&>(tensor).name(),
                                                  "' cannot be marked for debugging; mark it as an output"));
  return false;
}
bool Network::markUnfusedTensorsAsDebugTensors() noexcept {
  reporter_.error(ErrorCode::kUnsupported, "tensors cannot be marked for debugging; mark those of interest as outputs");
  return false;
}
bool Network::unmarkDebug(ITensor&) noexcept { return true; }
bool Network::isDebugTensor(ITensor const&) const noexcept { return false; }

ITensor* Network::getInput(int32_t index) const noexcept {
  return index >= 0 && index < getNbInputs() ? inputs_[static_cast<size_t>(index)].get() : nullptr;
}
ITensor* Network::getOutput(int32_t index) const noexcept {
  return index >= 0 && index < getNbOutputs() ? outputs_[static_cast<size_t>(index)] : nullptr;
}
ILayer* Network::getLayer(int32_t index) const noexcept {
  return index >= 0 && index < getNbLayers() ? layers_[static_cast<size_t>(index)]->interface() : nullptr;
}

// The border of a construct that has no result any more holds nothing back: its layers are being removed.
bool Network::is_idle(const Layer& layer) const {
  if (layer.construct() == nullptr) return false;
  const std::vector<Layer*> border = layers_of(*layer.construct());
  return std::none_of(border.begin(), border.end(), [](const Layer* l) {
    return l->type() == LayerType::kLOOP_OUTPUT || l->type() == LayerType::kCONDITIONAL_OUTPUT;
  });
}

bool Network::is_read(const Tensor& tensor) const {
  return std::any_of(layers_.begin(), layers_.end(), [&](const auto& layer) {
    if (is_idle(*layer)) return false;
    return std::find(layer->inputs().begin(), layer->inputs().end(), &tensor) != layer->inputs().end();
  });
}

void Network::removeTensor(ITensor& tensor) noexcept {
  guarded(reporter_, [&] {
    Tensor& t = own(tensor);
    if (is_read(t)) throw Error(ErrorCode::kInvalidState, "tensor '", t.name(), "' is read by a layer");
    if (t.is_output)
      throw Error(ErrorCode::kInvalidState, "tensor '", t.name(), "' is a network output; unmark it first");
    reset_graph();
    for (const auto& l : layers_) l->drop_input(t);  // Idle ones.
    std::erase_if(layers_, [&](const auto& l) {
      return l->construct() != nullptr && l->outputs().empty() && l->input(0) == nullptr;
    });
    if (Layer* layer = t.producer()) {
      for (const auto& other : layer->outputs())
        if (other.get() != &t && (other->is_output || is_read(*other))) return;  // The layer is still of use.
      std::erase_if(layers_, [&](const auto& l) { return l.get() == layer; });
    } else {
      std::erase_if(inputs_, [&](const auto& i) { return i.get() == &t; });
    }
  });
}

// The network as a whole.

void Network::setName(char const* name) noexcept {
  guarded(reporter_, [&] { name_ = required(name, "the network's name"); });
}

bool Network::setWeightsName(Weights, char const* name) noexcept {
  return guarded(reporter_, [&] { required(name, "the weights' name"); });
}

bool Network::markWeightsRefittable(char const* name) noexcept {
  reporter_.error(ErrorCode::kUnsupported, concat("weights '", name, "': engines cannot be refitted; build again"));
  return false;
}
bool Network::unmarkWeightsRefittable(char const*) noexcept { return true; }

bool Network::retainResource(void* resource, void (*release)(void*)) noexcept {
  const bool kept = guarded(reporter_, [&] {
    if (release == nullptr) throw Error(ErrorCode::kInvalidArgument, "retainResource: release is nullptr");
    resources_.push_back({resource, release});
  });
  if (!kept && release != nullptr) release(resource);
  return kept;
}

char const* Network::toText() noexcept {
  return guarded(reporter_, static_cast<char const*>(nullptr), [&] {
    text_ = ir::print(prepare());
    return text_.c_str();
  });
}

}  // namespace dvt::api
