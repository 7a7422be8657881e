#pragma once

#include <dovetail/layers_reduce.h>

namespace DOVETAIL_NAMESPACE {

enum class MoEActType : int32_t { kNONE = 0, kSILU = 1 };
DOVETAIL_ENUM_MAX(MoEActType, 2)

/// A mixture of experts. Inputs: hidden states [B, S, H], the experts of each token [B, S, K] and their scores
/// [B, S, K]. Each expert computes down(act(gate(x)) * up(x)); the output [B, S, H] is the sum weighted by the scores.
class IMoELayer : public ILayer {
 public:
  /// \param fcGateWeights, fcUpWeights  [E, H, I]. \param fcDownWeights  [E, I, H].
  virtual void setGatedWeights(ITensor& fcGateWeights, ITensor& fcUpWeights, ITensor& fcDownWeights,
                               MoEActType activationType) noexcept = 0;
  /// [E, I], [E, I] and [E, H].
  virtual void setGatedBiases(ITensor& fcGateBiases, ITensor& fcUpBiases, ITensor& fcDownBiases) noexcept = 0;
  virtual void setActivationType(MoEActType activationType) noexcept = 0;
  virtual MoEActType getActivationType() const noexcept = 0;

  /// Quantizes the input of the last product with a scale that is given.
  virtual void setQuantizationStatic(ITensor& fcDownActivationScale, DataType dataType) noexcept = 0;
  /// Quantizes it by blocks, with scales that are found at run time and are quantized themselves.
  virtual void setQuantizationDynamicDblQ(ITensor& fcDownActivationDblQScale, DataType dataType, Dims const& blockShape,
                                          DataType dynQOutputScaleType) noexcept = 0;
  virtual void setQuantizationToType(DataType type) noexcept = 0;
  virtual DataType getQuantizationToType() const noexcept = 0;
  virtual void setQuantizationBlockShape(Dims const& blockShape) noexcept = 0;
  virtual Dims getQuantizationBlockShape() const noexcept = 0;
  virtual void setDynQOutputScaleType(DataType type) noexcept = 0;
  virtual DataType getDynQOutputScaleType() const noexcept = 0;

  /// With g and u limited to limit: g * sigmoid(alpha * g) * (u + beta). The defaults (infinity, 1, 0) leave silu(g) *
  /// u.
  virtual void setSwigluParams(float limit, float alpha, float beta) noexcept = 0;
  virtual void setSwigluParamLimit(float limit) noexcept = 0;
  virtual float getSwigluParamLimit() const noexcept = 0;
  virtual void setSwigluParamAlpha(float alpha) noexcept = 0;
  virtual float getSwigluParamAlpha() const noexcept = 0;
  virtual void setSwigluParamBeta(float beta) noexcept = 0;
  virtual float getSwigluParamBeta() const noexcept = 0;

 protected:
  ~IMoELayer() noexcept override = default;
};

/// A way in which devices exchange tensors.
enum class CollectiveOperation : int32_t {
  kALL_REDUCE = 0,
  kALL_GATHER = 1,
  kBROADCAST = 2,
  kREDUCE = 3,
  kREDUCE_SCATTER = 4,
  kALL_TO_ALL = 5,
  kGATHER = 6,
  kSCATTER = 7,
};
DOVETAIL_ENUM_MAX(CollectiveOperation, 8)

class IDistCollectiveLayer : public ILayer {
 protected:
  ~IDistCollectiveLayer() noexcept override = default;
};

}  // namespace DOVETAIL_NAMESPACE
