#pragma once

#include <dovetail/layer.h>

namespace DOVETAIL_NAMESPACE {

/// How padding follows from shapes. The SAME modes compute it so that output extent = ceil(input / stride).
enum class PaddingMode : int32_t {
  kEXPLICIT_ROUND_DOWN = 0,
  kEXPLICIT_ROUND_UP = 1,
  kSAME_UPPER = 2,
  kSAME_LOWER = 3,
  kCAFFE_ROUND_DOWN = 4,  ///< Reads the padding before on both sides, as kEXPLICIT_ROUND_DOWN otherwise.
  kCAFFE_ROUND_UP = 5,    ///< The same, rounded up; a last window that would start in the padding is dropped.
};
DOVETAIL_ENUM_MAX(PaddingMode, 4)

/// The parameters that convolution and its transpose share. Spatial tuples are outermost first: (h, w) or (d, h, w).
/// Input 0 is [N, C, spatial…]; inputs 1 (kernel) and 2 (bias [K]) replace the weights by tensors.
class IConvolutionBase : public ILayer {
 public:
  virtual void setNbOutputMaps(int64_t nbOutputMaps) noexcept = 0;
  virtual int64_t getNbOutputMaps() const noexcept = 0;
  /// Channels are split into this many independent groups. 1 by default.
  virtual void setNbGroups(int64_t nbGroups) noexcept = 0;
  virtual int64_t getNbGroups() const noexcept = 0;
  /// count 0 when the kernel is a tensor.
  virtual void setKernelWeights(Weights weights) noexcept = 0;
  virtual Weights getKernelWeights() const noexcept = 0;
  /// count 0 for no bias.
  virtual void setBiasWeights(Weights weights) noexcept = 0;
  virtual Weights getBiasWeights() const noexcept = 0;
  /// Padding before the first element of each spatial dimension. 0 by default.
  virtual void setPrePadding(Dims const& padding) noexcept = 0;
  virtual Dims getPrePadding() const noexcept = 0;
  virtual void setPostPadding(Dims const& padding) noexcept = 0;
  virtual Dims getPostPadding() const noexcept = 0;
  virtual void setPaddingMode(PaddingMode paddingMode) noexcept = 0;
  virtual PaddingMode getPaddingMode() const noexcept = 0;
  virtual void setKernelSizeNd(Dims const& kernelSize) noexcept = 0;
  virtual Dims getKernelSizeNd() const noexcept = 0;
  virtual void setStrideNd(Dims const& stride) noexcept = 0;
  virtual Dims getStrideNd() const noexcept = 0;
  /// The same padding before and after.
  virtual void setPaddingNd(Dims const& padding) noexcept = 0;
  virtual Dims getPaddingNd() const noexcept = 0;
  virtual void setDilationNd(Dims const& dilation) noexcept = 0;
  virtual Dims getDilationNd() const noexcept = 0;

  void setStride(DimsHW stride) noexcept { setStrideNd(stride); }
  DimsHW getStride() const noexcept { return toHW(getStrideNd()); }
  void setPadding(DimsHW padding) noexcept { setPaddingNd(padding); }
  DimsHW getPadding() const noexcept { return toHW(getPaddingNd()); }
  void setDilation(DimsHW dilation) noexcept { setDilationNd(dilation); }
  DimsHW getDilation() const noexcept { return toHW(getDilationNd()); }
  void setKernelSize(DimsHW kernelSize) noexcept { setKernelSizeNd(kernelSize); }
  DimsHW getKernelSize() const noexcept { return toHW(getKernelSizeNd()); }

 protected:
  ~IConvolutionBase() noexcept override = default;
};

/// y = kernel * x + bias. Kernel [K, C / groups, spatial…].
class IConvolutionLayer : public IConvolutionBase {
 protected:
  ~IConvolutionLayer() noexcept override = default;
};

/// The transpose of a convolution. Kernel [C, K / groups, spatial…].
class IDeconvolutionLayer : public IConvolutionBase {
 protected:
  ~IDeconvolutionLayer() noexcept override = default;
};

enum class PoolingType : int32_t { kMAX = 0, kAVERAGE = 1, kMAX_AVERAGE_BLEND = 2 };
DOVETAIL_ENUM_MAX(PoolingType, 3)

/// A window moves over the spatial dimensions of [N, C, spatial…].
class IPoolingLayer : public ILayer {
 public:
  virtual void setPoolingType(PoolingType type) noexcept = 0;
  virtual PoolingType getPoolingType() const noexcept = 0;
  /// (1 - blend) * max + blend * average, for kMAX_AVERAGE_BLEND.
  virtual void setBlendFactor(float blendFactor) noexcept = 0;
  virtual float getBlendFactor() const noexcept = 0;
  /// Whether an average leaves out padded elements. True by default.
  virtual void setAverageCountExcludesPadding(bool exclusive) noexcept = 0;
  virtual bool getAverageCountExcludesPadding() const noexcept = 0;
  virtual void setPrePadding(Dims const& padding) noexcept = 0;
  virtual Dims getPrePadding() const noexcept = 0;
  virtual void setPostPadding(Dims const& padding) noexcept = 0;
  virtual Dims getPostPadding() const noexcept = 0;
  virtual void setPaddingMode(PaddingMode paddingMode) noexcept = 0;
  virtual PaddingMode getPaddingMode() const noexcept = 0;
  virtual void setWindowSizeNd(Dims const& windowSize) noexcept = 0;
  virtual Dims getWindowSizeNd() const noexcept = 0;
  virtual void setStrideNd(Dims const& stride) noexcept = 0;
  virtual Dims getStrideNd() const noexcept = 0;
  virtual void setPaddingNd(Dims const& padding) noexcept = 0;
  virtual Dims getPaddingNd() const noexcept = 0;

  void setStride(DimsHW stride) noexcept { setStrideNd(stride); }
  DimsHW getStride() const noexcept { return toHW(getStrideNd()); }
  void setPadding(DimsHW padding) noexcept { setPaddingNd(padding); }
  DimsHW getPadding() const noexcept { return toHW(getPaddingNd()); }
  void setWindowSize(DimsHW windowSize) noexcept { setWindowSizeNd(windowSize); }
  DimsHW getWindowSize() const noexcept { return toHW(getWindowSizeNd()); }

 protected:
  ~IPoolingLayer() noexcept override = default;
};

/// y = x / (k + alpha / window * sum(x^2 over the window of channels))^beta.
class ILRNLayer : public ILayer {
 public:
  /// Odd.
  virtual void setWindowSize(int64_t windowSize) noexcept = 0;
  virtual int64_t getWindowSize() const noexcept = 0;
  virtual void setAlpha(float alpha) noexcept = 0;
  virtual float getAlpha() const noexcept = 0;
  virtual void setBeta(float beta) noexcept = 0;
  virtual float getBeta() const noexcept = 0;
  virtual void setK(float k) noexcept = 0;
  virtual float getK() const noexcept = 0;

 protected:
  ~ILRNLayer() noexcept override = default;
};

enum class ScaleMode : int32_t { kUNIFORM = 0, kCHANNEL = 1, kELEMENTWISE = 2 };
DOVETAIL_ENUM_MAX(ScaleMode, 3)

/// y = (x * scale + shift)^power; weights with count 0 stand for 1, 0 and 1.
class IScaleLayer : public ILayer {
 public:
  virtual void setMode(ScaleMode mode) noexcept = 0;
  virtual ScaleMode getMode() const noexcept = 0;
  virtual void setShift(Weights shift) noexcept = 0;
  virtual Weights getShift() const noexcept = 0;
  virtual void setScale(Weights scale) noexcept = 0;
  virtual Weights getScale() const noexcept = 0;
  virtual void setPower(Weights power) noexcept = 0;
  virtual Weights getPower() const noexcept = 0;
  /// The dimension that kCHANNEL weights run along. 1 by default.
  virtual void setChannelAxis(int32_t channelAxis) noexcept = 0;
  virtual int32_t getChannelAxis() const noexcept = 0;

 protected:
  ~IScaleLayer() noexcept override = default;
};

class ISoftMaxLayer : public ILayer {
 public:
  /// A mask with one bit set: the dimension that sums to 1. Dimension max(0, rank - 3) by default.
  virtual void setAxes(uint32_t axes) noexcept = 0;
  virtual uint32_t getAxes() const noexcept = 0;

 protected:
  ~ISoftMaxLayer() noexcept override = default;
};

/// Softmax over the first bounds[i] elements of row i; the rest is 0. Inputs: [Z, S] and I32 [Z, 1] after batching.
class IRaggedSoftMaxLayer : public ILayer {
 protected:
  ~IRaggedSoftMaxLayer() noexcept override = default;
};

/// y = (x - mean) / sqrt(variance + epsilon) * scale + bias, statistics over the dimensions in axes.
class INormalizationLayer : public ILayer {
 public:
  /// 1e-5 by default.
  virtual void setEpsilon(float eps) noexcept = 0;
  virtual float getEpsilon() const noexcept = 0;
  virtual void setAxes(uint32_t axesMask) noexcept = 0;
  virtual uint32_t getAxes() const noexcept = 0;
  /// More than 1 splits the channels (dimension 1) into groups with statistics of their own.
  virtual void setNbGroups(int64_t nbGroups) noexcept = 0;
  virtual int64_t getNbGroups() const noexcept = 0;
  /// The type of the statistics. kFLOAT by default.
  virtual void setComputePrecision(DataType type) noexcept = 0;
  virtual DataType getComputePrecision() const noexcept = 0;
  /// True when the layer came from addNormalizationV2: scale and bias are [1, C, 1…] also with groups.
  virtual bool isV2() const noexcept = 0;

 protected:
  ~INormalizationLayer() noexcept override = default;
};

enum class MatrixOperation : int32_t { kNONE = 0, kTRANSPOSE = 1, kVECTOR = 2 };
DOVETAIL_ENUM_MAX(MatrixOperation, 3)

/// The product of the last two dimensions (one with kVECTOR); those before broadcast.
class IMatrixMultiplyLayer : public ILayer {
 public:
  /// \param index  0 or 1: which input.
  virtual void setOperation(int32_t index, MatrixOperation op) noexcept = 0;
  virtual MatrixOperation getOperation(int32_t index) const noexcept = 0;

 protected:
  ~IMatrixMultiplyLayer() noexcept override = default;
};

/// A sum of products written as an equation, for example "ij,jk->ik".
class IEinsumLayer : public ILayer {
 public:
  /// \return False, with an error reported, when the equation does not fit the inputs.
  virtual bool setEquation(char const* equation) noexcept = 0;
  virtual char const* getEquation() const noexcept = 0;

 protected:
  ~IEinsumLayer() noexcept override = default;
};

}  // namespace DOVETAIL_NAMESPACE
