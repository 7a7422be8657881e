#pragma once

#include <dovetail/layer.h>

namespace DOVETAIL_NAMESPACE {

class IConcatenationLayer : public ILayer {
 public:
  /// The dimension along which the inputs follow each other. max(0, rank - 3) by default.
  virtual void setAxis(int32_t axis) noexcept = 0;
  virtual int32_t getAxis() const noexcept = 0;

 protected:
  ~IConcatenationLayer() noexcept override = default;
};

/// Adds zeros around the last two dimensions; negative amounts crop.
class IPaddingLayer : public ILayer {
 public:
  virtual void setPrePaddingNd(Dims const& padding) noexcept = 0;
  virtual Dims getPrePaddingNd() const noexcept = 0;
  virtual void setPostPaddingNd(Dims const& padding) noexcept = 0;
  virtual Dims getPostPaddingNd() const noexcept = 0;

  void setPrePadding(DimsHW padding) noexcept { setPrePaddingNd(padding); }
  DimsHW getPrePadding() const noexcept { return toHW(getPrePaddingNd()); }
  void setPostPadding(DimsHW padding) noexcept { setPostPaddingNd(padding); }
  DimsHW getPostPadding() const noexcept { return toHW(getPostPaddingNd()); }

 protected:
  ~IPaddingLayer() noexcept override = default;
};

/// Transpose, then reshape, then transpose; each is optional.
/// Input 1, a 1-D shape tensor of integers, replaces the reshape dimensions.
class IShuffleLayer : public ILayer {
 public:
  virtual void setFirstTranspose(Permutation permutation) noexcept = 0;
  virtual Permutation getFirstTranspose() const noexcept = 0;
  /// 0 copies the extent at the same place (unless zeroIsPlaceholder is off); one -1 is inferred.
  virtual void setReshapeDimensions(Dims const& dimensions) noexcept = 0;
  virtual Dims getReshapeDimensions() const noexcept = 0;
  virtual void setSecondTranspose(Permutation permutation) noexcept = 0;
  virtual Permutation getSecondTranspose() const noexcept = 0;
  virtual void setZeroIsPlaceholder(bool zeroIsPlaceholder) noexcept = 0;
  virtual bool getZeroIsPlaceholder() const noexcept = 0;

 protected:
  ~IShuffleLayer() noexcept override = default;
};

enum class SampleMode : int32_t {
  kSTRICT_BOUNDS = 0,
  kWRAP = 1,
  kCLAMP = 2,
  kFILL = 3,
  kREFLECT = 4,
  kDEFAULT = kSTRICT_BOUNDS,
};
using SliceMode = SampleMode;
DOVETAIL_ENUM_MAX(SampleMode, 5)

/// y[i] = x[start + i * stride], size elements along each dimension.
/// Inputs 1 to 3 (1-D shape tensors) replace start, size and stride; input 4 is the value of kFILL; input 5 the axes.
class ISliceLayer : public ILayer {
 public:
  virtual void setStart(Dims const& start) noexcept = 0;
  virtual Dims getStart() const noexcept = 0;
  virtual void setSize(Dims const& size) noexcept = 0;
  virtual Dims getSize() const noexcept = 0;
  virtual void setStride(Dims const& stride) noexcept = 0;
  virtual Dims getStride() const noexcept = 0;
  virtual void setMode(SampleMode mode) noexcept = 0;
  virtual SampleMode getMode() const noexcept = 0;
  /// The dimensions that start, size and stride speak of; all when never set.
  virtual void setAxes(Dims const& axes) noexcept = 0;
  virtual Dims getAxes() const noexcept = 0;

 protected:
  ~ISliceLayer() noexcept override = default;
};

/// The extents of its input, 1-D kINT64.
class IShapeLayer : public ILayer {
 protected:
  ~IShapeLayer() noexcept override = default;
};

enum class GatherMode : int32_t { kDEFAULT = 0, kELEMENT = 1, kND = 2 };
DOVETAIL_ENUM_MAX(GatherMode, 3)

class IGatherLayer : public ILayer {
 public:
  virtual void setGatherAxis(int32_t axis) noexcept = 0;
  virtual int32_t getGatherAxis() const noexcept = 0;
  /// How many leading dimensions data and indices share.
  virtual void setNbElementWiseDims(int32_t elementWiseDims) noexcept = 0;
  virtual int32_t getNbElementWiseDims() const noexcept = 0;
  virtual void setMode(GatherMode mode) noexcept = 0;
  virtual GatherMode getMode() const noexcept = 0;

 protected:
  ~IGatherLayer() noexcept override = default;
};

enum class ScatterMode : int32_t { kELEMENT = 0, kND = 1 };
DOVETAIL_ENUM_MAX(ScatterMode, 2)

class IScatterLayer : public ILayer {
 public:
  virtual void setMode(ScatterMode mode) noexcept = 0;
  virtual ScatterMode getMode() const noexcept = 0;
  /// For kELEMENT.
  virtual void setAxis(int32_t axis) noexcept = 0;
  virtual int32_t getAxis() const noexcept = 0;

 protected:
  ~IScatterLayer() noexcept override = default;
};

/// Inputs: indices, the two values (off, on), the depth (0-D). The new dimension stands at axis.
class IOneHotLayer : public ILayer {
 public:
  virtual void setAxis(int32_t axis) noexcept = 0;
  virtual int32_t getAxis() const noexcept = 0;

 protected:
  ~IOneHotLayer() noexcept override = default;
};

/// The positions of elements that are not zero, [rank, n]; n is known while the engine runs.
class INonZeroLayer : public ILayer {
 public:
  virtual bool setIndicesType(DataType type) noexcept = 0;
  virtual DataType getIndicesType() const noexcept = 0;

 protected:
  ~INonZeroLayer() noexcept override = default;
};

class IConstantLayer : public ILayer {
 public:
  virtual void setWeights(Weights weights) noexcept = 0;
  virtual Weights getWeights() const noexcept = 0;
  virtual void setDimensions(Dims const& dimensions) noexcept = 0;
  virtual Dims getDimensions() const noexcept = 0;

 protected:
  ~IConstantLayer() noexcept override = default;
};

enum class FillOperation : int32_t { kLINSPACE = 0, kRANDOM_UNIFORM = 1, kRANDOM_NORMAL = 2 };
DOVETAIL_ENUM_MAX(FillOperation, 3)

/// Input 0 replaces the dimensions (1-D shape tensor), inputs 1 and 2 alpha and beta. kLINSPACE of several dimensions
/// takes a vector of steps as input 2. Random numbers are a hash (lowbias32) of the element's index and of a seed that
/// follows from the layer's name; normal ones are made by the method of Box and Muller.
class IFillLayer : public ILayer {
 public:
  virtual void setDimensions(Dims const& dimensions) noexcept = 0;
  virtual Dims getDimensions() const noexcept = 0;
  virtual void setOperation(FillOperation op) noexcept = 0;
  virtual FillOperation getOperation() const noexcept = 0;
  /// Start, minimum or mean.
  virtual void setAlpha(double alpha) noexcept = 0;
  virtual double getAlpha() const noexcept = 0;
  /// Step, maximum or standard deviation.
  virtual void setBeta(double beta) noexcept = 0;
  virtual double getBeta() const noexcept = 0;
  virtual void setAlphaInt64(int64_t alpha) noexcept = 0;
  virtual int64_t getAlphaInt64() const noexcept = 0;
  virtual void setBetaInt64(int64_t beta) noexcept = 0;
  virtual int64_t getBetaInt64() const noexcept = 0;
  virtual bool isAlphaBetaInt64() const noexcept = 0;
  virtual void setToType(DataType toType) noexcept = 0;
  virtual DataType getToType() const noexcept = 0;

 protected:
  ~IFillLayer() noexcept override = default;
};

/// Input 1 holds the axes, a constant 1-D tensor of integers.
class ISqueezeLayer : public ILayer {
 protected:
  ~ISqueezeLayer() noexcept override = default;
};

/// Input 1 holds the axes (of the result), a constant 1-D tensor of integers.
class IUnsqueezeLayer : public ILayer {
 protected:
  ~IUnsqueezeLayer() noexcept override = default;
};

/// Reverses the first lengths[b] elements along sequenceAxis of each batch b.
class IReverseSequenceLayer : public ILayer {
 public:
  /// 1 by default.
  virtual void setBatchAxis(int32_t batchAxis) noexcept = 0;
  virtual int32_t getBatchAxis() const noexcept = 0;
  /// 0 by default.
  virtual void setSequenceAxis(int32_t sequenceAxis) noexcept = 0;
  virtual int32_t getSequenceAxis() const noexcept = 0;

 protected:
  ~IReverseSequenceLayer() noexcept override = default;
};

/// Fails the run, or the build when it can tell, with a message when a condition does not hold.
class IAssertionLayer : public ILayer {
 public:
  virtual void setMessage(char const* message) noexcept = 0;
  virtual char const* getMessage() const noexcept = 0;

 protected:
  ~IAssertionLayer() noexcept override = default;
};

}  // namespace DOVETAIL_NAMESPACE
