#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/formats.h"
#include "api/public.h"
#include "ir/graph.h"

#include <dovetail/tensor.h>

namespace dvt::api {

class Layer;
class Network;

/// A network input or the output of a layer. Its ir::Value exists once the layer has been turned into nodes.
class Tensor final : public ITensor {
 public:
  /// A network input.
  Tensor(Network& network, std::string name, DataType type, std::vector<int64_t> dims);
  /// Output `index` of a layer.
  Tensor(Network& network, Layer& producer, int index);
  ~Tensor() noexcept override = default;

  void setName(char const* name) noexcept override;
  char const* getName() const noexcept override { return name_.c_str(); }
  void setDimensions(Dims const& dimensions) noexcept override;
  Dims getDimensions() const noexcept override;
  void setDimensionName(int32_t index, char const* name) noexcept override;
  char const* getDimensionName(int32_t index) const noexcept override;
  void setType(DataType type) noexcept override;
  DataType getType() const noexcept override;
  bool isNetworkInput() const noexcept override { return producer_ == nullptr; }
  bool isNetworkOutput() const noexcept override { return is_output; }
  TensorLocation getLocation() const noexcept override {
    return isShapeTensor() ? TensorLocation::kHOST : TensorLocation::kDEVICE;
  }
  void setLocation(TensorLocation) noexcept override {}
  void setAllowedFormats(TensorFormats formats) noexcept override;
  TensorFormats getAllowedFormats() const noexcept override { return formats_; }
  bool isShapeTensor() const noexcept override;
  bool isExecutionTensor() const noexcept override { return !isShapeTensor() || is_output; }
  bool setDynamicRange(float min, float max) noexcept override;
  bool dynamicRangeIsSet() const noexcept override { return range_.has_value(); }
  void resetDynamicRange() noexcept override { range_.reset(); }
  float getDynamicRangeMin() const noexcept override { return range_ ? range_->first : 0; }
  float getDynamicRangeMax() const noexcept override { return range_ ? range_->second : 0; }

  Network& network() const { return network_; }
  Layer* producer() const { return producer_; }
  const std::string& name() const { return name_; }
  /// The name an output has as long as the user gives it none.
  void set_default_name(const std::string& layer_name);
  /// What an input is; symbols stand for -1. Throws Error on types that are not supported.
  TensorType input_type() const;
  /// The format that its memory has as a network input or output; nullptr for linear. `rank` as in the graph.
  /// Throws Error(kInvalidModel) when none of the allowed ones fits.
  const FormatInfo* format(int rank) const;
  /// What the type of an input looks like in memory.
  TensorType memory_type() const;
  /// The type that the user asked a network output to have.
  std::optional<DataType> requested_type() const { return requested_type_; }

  // Kept by the network and the producing layer.
  ir::Value* value = nullptr;
  bool is_output = false;
  bool is_debug = false;
  bool decides_shapes = false;  ///< Its elements are needed on the host; found when their reader is lowered.

 private:
  Network& network_;
  Layer* producer_ = nullptr;
  int index_ = 0;
  std::string name_;
  bool named_ = false;
  DataType type_ = DataType::kFLOAT;  ///< Of an input.
  std::vector<int64_t> dims_;         ///< Of an input; -1 is dynamic.
  std::map<int32_t, std::string> dimension_names_;
  std::optional<DataType> requested_type_;
  TensorFormats formats_ = 1U << static_cast<uint32_t>(TensorFormat::kLINEAR);
  std::optional<std::pair<float, float>> range_;
};

}  // namespace dvt::api
