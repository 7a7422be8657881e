#pragma once

#include <dovetail/types.h>

namespace DOVETAIL_NAMESPACE {

/// A value in a network: an input, a constant or the output of a layer. Owned by its network.
///
/// Shapes and types are inferred when asked for, from what the network holds at that moment.
class ITensor : public INoCopy {
 public:
  /// Names must be unique within a network. The text is copied. Without a call, outputs are named after their layer.
  virtual void setName(char const* name) noexcept = 0;
  /// Valid until the name changes or the network is destroyed.
  virtual char const* getName() const noexcept = 0;

  /// Replaces the shape of a network input; anything else is an error.
  virtual void setDimensions(Dims const& dimensions) noexcept = 0;
  /// -1 stands for an extent that depends on the shapes or values of inputs. On an error in the network, which is
  /// reported, nbDims is -1.
  virtual Dims getDimensions() const noexcept = 0;
  /// Names a dimension of a network input. Inputs whose dimensions share a name must agree there at run time.
  virtual void setDimensionName(int32_t index, char const* name) noexcept = 0;
  /// nullptr when the dimension has no name.
  virtual char const* getDimensionName(int32_t index) const noexcept = 0;

  /// Sets the type of a network input, or asks for the type of a network output (a cast is added when it differs).
  /// Other tensors: a hint that is reported and ignored, as types follow from the layers.
  virtual void setType(DataType type) noexcept = 0;
  virtual DataType getType() const noexcept = 0;

  virtual bool isNetworkInput() const noexcept = 0;
  virtual bool isNetworkOutput() const noexcept = 0;

  virtual TensorLocation getLocation() const noexcept = 0;
  virtual void setLocation(TensorLocation location) noexcept = 0;

  /// The memory formats that the engine may choose from for a network input or output. Linear by default.
  virtual void setAllowedFormats(TensorFormats formats) noexcept = 0;
  virtual TensorFormats getAllowedFormats() const noexcept = 0;

  /// True when the values decide shapes, so that the engine needs them on the host before it runs.
  virtual bool isShapeTensor() const noexcept = 0;
  /// True when the engine computes or reads the values on its device. A tensor may be both.
  virtual bool isExecutionTensor() const noexcept = 0;

  /// The range of values for 8-bit quantization without quantize layers. Kept for programs that set it; Dovetail
  /// quantizes by quantize and dequantize layers and says so in a warning. \return True when min <= max.
  virtual bool setDynamicRange(float min, float max) noexcept = 0;
  virtual bool dynamicRangeIsSet() const noexcept = 0;
  virtual void resetDynamicRange() noexcept = 0;
  virtual float getDynamicRangeMin() const noexcept = 0;
  virtual float getDynamicRangeMax() const noexcept = 0;

  /// There is no implicit batch: these do nothing and say false.
  void setBroadcastAcrossBatch(bool /*broadcast*/) noexcept {}
  bool getBroadcastAcrossBatch() const noexcept { return false; }

 protected:
  virtual ~ITensor() noexcept = default;
};

}  // namespace DOVETAIL_NAMESPACE
