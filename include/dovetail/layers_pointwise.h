#pragma once

#include <dovetail/layer.h>

namespace DOVETAIL_NAMESPACE {

enum class ActivationType : int32_t {
  kRELU = 0,
  kSIGMOID = 1,
  kTANH = 2,
  kLEAKY_RELU = 3,         ///< x >= 0 ? x : alpha * x
  kELU = 4,                ///< x >= 0 ? x : alpha * (exp(x) - 1)
  kSELU = 5,               ///< beta * (x >= 0 ? x : alpha * (exp(x) - 1))
  kSOFTSIGN = 6,           ///< x / (1 + |x|)
  kSOFTPLUS = 7,           ///< alpha * log(exp(beta * x) + 1)
  kCLIP = 8,               ///< max(alpha, min(beta, x))
  kHARD_SIGMOID = 9,       ///< max(0, min(1, alpha * x + beta))
  kSCALED_TANH = 10,       ///< alpha * tanh(beta * x)
  kTHRESHOLDED_RELU = 11,  ///< x > alpha ? x : 0
  kGELU_ERF = 12,
  kGELU_TANH = 13,
};
DOVETAIL_ENUM_MAX(ActivationType, 14)

class IActivationLayer : public ILayer {
 public:
  virtual void setActivationType(ActivationType type) noexcept = 0;
  virtual ActivationType getActivationType() const noexcept = 0;
  virtual void setAlpha(float alpha) noexcept = 0;
  virtual float getAlpha() const noexcept = 0;
  virtual void setBeta(float beta) noexcept = 0;
  virtual float getBeta() const noexcept = 0;

 protected:
  ~IActivationLayer() noexcept override = default;
};

enum class ElementWiseOperation : int32_t {
  kSUM = 0,
  kPROD = 1,
  kMAX = 2,
  kMIN = 3,
  kSUB = 4,
  kDIV = 5,  ///< Integers: towards zero.
  kPOW = 6,
  kFLOOR_DIV = 7,
  kAND = 8,
  kOR = 9,
  kXOR = 10,
  kEQUAL = 11,
  kGREATER = 12,
  kLESS = 13,
};
DOVETAIL_ENUM_MAX(ElementWiseOperation, 14)

/// Two inputs of equal rank; extents of 1 broadcast. Comparisons give kBOOL; logical operations take it.
class IElementWiseLayer : public ILayer {
 public:
  virtual void setOperation(ElementWiseOperation op) noexcept = 0;
  virtual ElementWiseOperation getOperation() const noexcept = 0;

 protected:
  ~IElementWiseLayer() noexcept override = default;
};

enum class UnaryOperation : int32_t {
  kEXP = 0,
  kLOG = 1,
  kSQRT = 2,
  kRECIP = 3,
  kABS = 4,
  kNEG = 5,
  kSIN = 6,
  kCOS = 7,
  kTAN = 8,
  kSINH = 9,
  kCOSH = 10,
  kASIN = 11,
  kACOS = 12,
  kATAN = 13,
  kASINH = 14,
  kACOSH = 15,
  kATANH = 16,
  kCEIL = 17,
  kFLOOR = 18,
  kERF = 19,
  kNOT = 20,
  kSIGN = 21,
  kROUND = 22,  ///< Half to even.
  kISINF = 23,
  kISNAN = 24,
};
DOVETAIL_ENUM_MAX(UnaryOperation, 25)

class IUnaryLayer : public ILayer {
 public:
  virtual void setOperation(UnaryOperation op) noexcept = 0;
  virtual UnaryOperation getOperation() const noexcept = 0;

 protected:
  ~IUnaryLayer() noexcept override = default;
};

/// y = x >= 0 ? x : slope * x. Input 1, the slope, broadcasts to input 0.
class IParametricReLULayer : public ILayer {
 protected:
  ~IParametricReLULayer() noexcept override = default;
};

/// y = condition ? then : else, inputs 0, 1, 2; extents of 1 broadcast.
class ISelectLayer : public ILayer {
 protected:
  ~ISelectLayer() noexcept override = default;
};

/// Copies its input; with setOutputType it converts.
class IIdentityLayer : public ILayer {
 protected:
  ~IIdentityLayer() noexcept override = default;
};

class ICastLayer : public ILayer {
 public:
  virtual void setToType(DataType toType) noexcept = 0;
  virtual DataType getToType() const noexcept = 0;

 protected:
  ~ICastLayer() noexcept override = default;
};

}  // namespace DOVETAIL_NAMESPACE
