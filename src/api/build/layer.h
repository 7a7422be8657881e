#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/build/tensor.h"
#include "api/wall.h"

#include <dovetail/layer.h>

namespace dvt::api {

class Construct;
class Lowering;

/// What every layer has: name, inputs, outputs, and the nodes it became. The attributes live in the concrete classes.
///
/// Between two setters a layer may make no sense (a kernel before its padding is set), which a node may not. So nodes
/// are made when someone asks (Network::ensure), and made again after a setter.
class Layer {
 public:
  Layer(Network& network, LayerType type, std::string_view type_name, std::vector<Tensor*> inputs, int num_outputs = 1);
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  /// Adds this layer's nodes and constants to the graph and names its outputs. Throws Error.
  virtual void lower(Lowering& graph) const = 0;
  /// Whether the elements of an input decide shapes.
  virtual bool is_shape_input(int) const { return false; }
  /// Throws Error when the network as a whole does what this layer cannot bear. Called when the graph is complete.
  virtual void check_use() const {}
  /// What the plan keeps of the layer beside its nodes (plan::Document::annotations); "" for nothing.
  virtual std::string annotation() const { return ""; }
  /// The loop or conditional on whose border the layer stands; nullptr for the others.
  virtual const Construct* construct() const { return nullptr; }
  /// Whether the layer gives a value of which only the type is known to it, like an input of the network.
  virtual bool stands_for_value() const { return false; }
  /// Tensors whose values must be there before the layer can be lowered. nullptr entries are passed over.
  virtual std::vector<Tensor*> awaited() const { return inputs_; }
  /// How many inputs setInput can set.
  virtual int max_inputs() const { return static_cast<int>(inputs_.size()); }
  virtual ILayer* interface() = 0;

  /// Forgets an input that is being removed.
  void drop_input(const Tensor& tensor) {
    for (Tensor*& t : inputs_)
      if (t == &tensor) t = nullptr;
  }

  LayerType type() const { return type_; }
  std::string_view type_name() const { return type_name_; }
  const std::string& name() const { return name_; }
  Network& network() const { return network_; }
  const std::vector<Tensor*>& inputs() const { return inputs_; }
  Tensor* input(int i) const { return i >= 0 && i < static_cast<int>(inputs_.size()) ? inputs_[size_t(i)] : nullptr; }
  const std::vector<std::unique_ptr<Tensor>>& outputs() const { return outputs_; }
  Tensor* output(int i) const {
    return i >= 0 && i < static_cast<int>(outputs_.size()) ? outputs_[static_cast<size_t>(i)].get() : nullptr;
  }
  /// The type that setOutputType asked for.
  std::optional<DataType> output_type(int i) const { return output_types_[static_cast<size_t>(i)]; }

  // Kept by the network.
  bool lowered = false;
  bool visiting = false;
  std::vector<ir::Node*> nodes;
  std::vector<ir::Value*> constants;

 protected:
  const Reporter& reporter() const;
  /// To be called when an attribute changed: what was derived from it is forgotten.
  void touch() noexcept;
  template <class T>
  void set(T& field, const T& value) noexcept {
    field = value;
    touch();
  }
  void set_name(char const* name) noexcept;
  bool set_input(int32_t index, ITensor& tensor) noexcept;
  /// Takes an optional input back. To be called where changes are reported.
  void clear_input(int32_t index);
  void set_output_type(int32_t index, std::optional<DataType> type) noexcept;

  std::string metadata_;
  std::optional<DataType> precision_;

 private:
  Network& network_;
  LayerType type_;
  std::string_view type_name_;
  std::string name_;
  std::vector<Tensor*> inputs_;
  std::vector<std::unique_ptr<Tensor>> outputs_;
  std::vector<std::optional<DataType>> output_types_;
};

/// The part of every layer interface that does not depend on which it is.
template <class Interface>
class LayerOf : public Interface, public Layer {
 public:
  using Layer::Layer;
  ILayer* interface() override { return this; }

  LayerType getType() const noexcept override { return type(); }
  void setName(char const* text) noexcept override { set_name(text); }
  char const* getName() const noexcept override { return name().c_str(); }
  int32_t getNbInputs() const noexcept override { return static_cast<int32_t>(inputs().size()); }
  ITensor* getInput(int32_t index) const noexcept override { return input(index); }
  void setInput(int32_t index, ITensor& tensor) noexcept override { set_input(index, tensor); }
  int32_t getNbOutputs() const noexcept override { return static_cast<int32_t>(outputs().size()); }
  ITensor* getOutput(int32_t index) const noexcept override { return output(index); }

  void setPrecision(DataType type) noexcept override { precision_ = type; }
  DataType getPrecision() const noexcept override { return precision_.value_or(DataType::kFLOAT); }
  bool precisionIsSet() const noexcept override { return precision_.has_value(); }
  void resetPrecision() noexcept override { precision_.reset(); }
  void setOutputType(int32_t index, DataType type) noexcept override { set_output_type(index, type); }
  DataType getOutputType(int32_t index) const noexcept override {
    return output(index) == nullptr ? DataType::kFLOAT : output(index)->getType();
  }
  bool outputTypeIsSet(int32_t index) const noexcept override {
    return output(index) != nullptr && output_type(index).has_value();
  }
  void resetOutputType(int32_t index) noexcept override { set_output_type(index, std::nullopt); }
  void setMetadata(char const* text) noexcept override {
    guarded(reporter(), [&] { metadata_ = required(text, "the layer's metadata"); });
  }
  char const* getMetadata() const noexcept override { return metadata_.c_str(); }
  bool setNbRanks(int32_t ranks) noexcept override {
    if (ranks == 1) return true;
    reporter().error(ErrorCode::kUnsupported, concat("layer '", name(), "': ", ranks,
                                                     " ranks: an engine runs on one device; leave the ranks at 1"));
    return false;
  }
  int32_t getNbRanks() const noexcept override { return 1; }
};

}  // namespace dvt::api
