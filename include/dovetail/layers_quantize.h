#pragma once

#include <dovetail/layer.h>

namespace DOVETAIL_NAMESPACE {

/// y = clamp(round(x / scale) + zero point). Input 1 is the scale (0-D, 1-D along axis, or blocks), input 2 the zero
/// point.
class IQuantizeLayer : public ILayer {
 public:
  virtual int32_t getAxis() const noexcept = 0;
  virtual void setAxis(int32_t axis) noexcept = 0;
  virtual bool setBlockShape(Dims const& blockShape) noexcept = 0;
  virtual Dims getBlockShape() const noexcept = 0;
  virtual void setToType(DataType toType) noexcept = 0;
  virtual DataType getToType() const noexcept = 0;

 protected:
  ~IQuantizeLayer() noexcept override = default;
};

/// y = (x - zero point) * scale. Inputs as for IQuantizeLayer.
class IDequantizeLayer : public ILayer {
 public:
  virtual int32_t getAxis() const noexcept = 0;
  virtual void setAxis(int32_t axis) noexcept = 0;
  virtual bool setBlockShape(Dims const& blockShape) noexcept = 0;
  virtual Dims getBlockShape() const noexcept = 0;
  virtual void setToType(DataType toType) noexcept = 0;
  virtual DataType getToType() const noexcept = 0;

 protected:
  ~IDequantizeLayer() noexcept override = default;
};

/// Quantizes by blocks with scales found at run time. Output 0: the quantized values; output 1: the scale of each
/// block. Input 1, optional: a scale for the scales (0-D), by which they are divided before they are quantized
/// themselves.
class IDynamicQuantizeLayer : public ILayer {
 public:
  virtual void setToType(DataType toType) noexcept = 0;
  virtual DataType getToType() const noexcept = 0;
  virtual void setScaleType(DataType scaleType) noexcept = 0;
  virtual DataType getScaleType() const noexcept = 0;
  /// The dimension that is cut into blocks of blockSize, when the layer came from addDynamicQuantize.
  virtual void setAxis(int32_t axis) noexcept = 0;
  virtual int32_t getAxis() const noexcept = 0;
  virtual void setBlockSize(int32_t size) noexcept = 0;
  virtual int32_t getBlockSize() const noexcept = 0;
  /// One extent per dimension of the input; -1 stands for the whole dimension.
  virtual void setBlockShape(Dims const& blockShape) noexcept = 0;
  virtual Dims getBlockShape() const noexcept = 0;

 protected:
  ~IDynamicQuantizeLayer() noexcept override = default;
};

}  // namespace DOVETAIL_NAMESPACE
