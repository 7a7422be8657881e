#pragma once

#include <dovetail/layers_data.h>

namespace DOVETAIL_NAMESPACE {

enum class ReduceOperation : int32_t { kSUM = 0, kPROD = 1, kMAX = 2, kMIN = 3, kAVG = 4, kNONE = 5 };
DOVETAIL_ENUM_MAX(ReduceOperation, 6)

class IReduceLayer : public ILayer {
 public:
  virtual void setOperation(ReduceOperation op) noexcept = 0;
  virtual ReduceOperation getOperation() const noexcept = 0;
  /// Bit n stands for dimension n.
  virtual void setReduceAxes(uint32_t reduceAxes) noexcept = 0;
  virtual uint32_t getReduceAxes() const noexcept = 0;
  virtual void setKeepDimensions(bool keepDimensions) noexcept = 0;
  virtual bool getKeepDimensions() const noexcept = 0;

 protected:
  ~IReduceLayer() noexcept override = default;
};

enum class TopKOperation : int32_t { kMAX = 0, kMIN = 1 };
DOVETAIL_ENUM_MAX(TopKOperation, 2)

/// Output 0 holds the values, sorted; output 1 their indices. Input 1 (0-D) replaces k.
class ITopKLayer : public ILayer {
 public:
  virtual void setOperation(TopKOperation op) noexcept = 0;
  virtual TopKOperation getOperation() const noexcept = 0;
  virtual void setK(int32_t k) noexcept = 0;
  virtual int32_t getK() const noexcept = 0;
  /// A mask with one bit set.
  virtual void setReduceAxes(uint32_t reduceAxes) noexcept = 0;
  virtual uint32_t getReduceAxes() const noexcept = 0;
  virtual bool setIndicesType(DataType type) noexcept = 0;
  virtual DataType getIndicesType() const noexcept = 0;

 protected:
  ~ITopKLayer() noexcept override = default;
};

enum class CumulativeOperation : int32_t { kSUM = 0 };
DOVETAIL_ENUM_MAX(CumulativeOperation, 1)

/// Running sums along the axis that input 1 (0-D constant) holds.
class ICumulativeLayer : public ILayer {
 public:
  virtual bool setOperation(CumulativeOperation op) noexcept = 0;
  virtual CumulativeOperation getOperation() const noexcept = 0;
  virtual void setExclusive(bool exclusive) noexcept = 0;
  virtual bool getExclusive() const noexcept = 0;
  virtual void setReverse(bool reverse) noexcept = 0;
  virtual bool getReverse() const noexcept = 0;

 protected:
  ~ICumulativeLayer() noexcept override = default;
};

enum class InterpolationMode : int32_t { kNEAREST = 0, kLINEAR = 1, kCUBIC = 2 };
using ResizeMode = InterpolationMode;
DOVETAIL_ENUM_MAX(InterpolationMode, 3)

enum class ResizeCoordinateTransformation : int32_t { kALIGN_CORNERS = 0, kASYMMETRIC = 1, kHALF_PIXEL = 2 };
DOVETAIL_ENUM_MAX(ResizeCoordinateTransformation, 3)

enum class ResizeSelector : int32_t { kFORMULA = 0, kUPPER = 1 };
DOVETAIL_ENUM_MAX(ResizeSelector, 2)

enum class ResizeRoundMode : int32_t { kHALF_UP = 0, kHALF_DOWN = 1, kFLOOR = 2, kCEIL = 3 };
DOVETAIL_ENUM_MAX(ResizeRoundMode, 4)

/// Resamples the trailing dimensions to an output shape, or by scales (output extent = floor(input * scale)).
/// Input 1, a 1-D shape tensor, replaces the output dimensions.
class IResizeLayer : public ILayer {
 public:
  virtual void setOutputDimensions(Dims const& dimensions) noexcept = 0;
  virtual Dims getOutputDimensions() const noexcept = 0;
  /// \param scales  One factor per dimension of the input.
  virtual void setScales(float const* scales, int32_t nbScales) noexcept = 0;
  /// Copies up to size scales. \return How many there are, or -1 when output dimensions are used instead.
  virtual int32_t getScales(int32_t size, float* scales) const noexcept = 0;
  virtual void setResizeMode(InterpolationMode interpolationMode) noexcept = 0;
  virtual InterpolationMode getResizeMode() const noexcept = 0;
  /// kASYMMETRIC by default.
  virtual void setCoordinateTransformation(ResizeCoordinateTransformation coordTransform) noexcept = 0;
  virtual ResizeCoordinateTransformation getCoordinateTransformation() const noexcept = 0;
  /// What an output extent of 1 samples: what the formula says, or the first element.
  virtual void setSelectorForSinglePixel(ResizeSelector selector) noexcept = 0;
  virtual ResizeSelector getSelectorForSinglePixel() const noexcept = 0;
  virtual void setNearestRounding(ResizeRoundMode value) noexcept = 0;
  virtual ResizeRoundMode getNearestRounding() const noexcept = 0;
  /// -0.75 by default.
  virtual void setCubicCoeff(float A) noexcept = 0;
  virtual float getCubicCoeff() const noexcept = 0;
  virtual void setExcludeOutside(bool excludeFlag) noexcept = 0;
  virtual bool getExcludeOutside() const noexcept = 0;

  void setAlignCorners(bool alignCorners) noexcept {
    setCoordinateTransformation(alignCorners ? ResizeCoordinateTransformation::kALIGN_CORNERS
                                             : ResizeCoordinateTransformation::kASYMMETRIC);
  }
  bool getAlignCorners() const noexcept {
    return getCoordinateTransformation() == ResizeCoordinateTransformation::kALIGN_CORNERS;
  }

 protected:
  ~IResizeLayer() noexcept override = default;
};

/// Samples [N, C, H, W] at the points of a grid [N, Ho, Wo, 2], coordinates in [-1, 1].
class IGridSampleLayer : public ILayer {
 public:
  virtual void setInterpolationMode(InterpolationMode mode) noexcept = 0;
  virtual InterpolationMode getInterpolationMode() const noexcept = 0;
  virtual void setAlignCorners(bool alignCorners) noexcept = 0;
  virtual bool getAlignCorners() const noexcept = 0;
  virtual bool setSampleMode(SampleMode mode) noexcept = 0;
  virtual SampleMode getSampleMode() const noexcept = 0;

 protected:
  ~IGridSampleLayer() noexcept override = default;
};

enum class BoundingBoxFormat : int32_t { kCORNER_PAIRS = 0, kCENTER_SIZES = 1 };
DOVETAIL_ENUM_MAX(BoundingBoxFormat, 2)

/// Non-maximum suppression. Output 0: selected (batch, class, box) triples [n, 3]; output 1: n, 0-D.
/// Inputs: boxes, scores, the largest number per class; optional 3: IoU threshold, 4: score threshold.
class INMSLayer : public ILayer {
 public:
  virtual void setBoundingBoxFormat(BoundingBoxFormat fmt) noexcept = 0;
  virtual BoundingBoxFormat getBoundingBoxFormat() const noexcept = 0;
  virtual void setTopKBoxLimit(int32_t limit) noexcept = 0;
  virtual int32_t getTopKBoxLimit() const noexcept = 0;
  virtual bool setIndicesType(DataType type) noexcept = 0;
  virtual DataType getIndicesType() const noexcept = 0;

 protected:
  ~INMSLayer() noexcept override = default;
};

}  // namespace DOVETAIL_NAMESPACE
