#pragma once

#include <dovetail/types.h>

namespace DOVETAIL_NAMESPACE {

/// What a plugin is told of a tensor.
struct PluginTensorDesc {
  Dims dims;
  DataType type;
  TensorFormat format;
  float scale;  ///< Of a kINT8 tensor with a dynamic range; otherwise without meaning.
};

/// The same with the range of shapes; desc.dims has -1 where they differ.
struct DynamicPluginTensorDesc {
  PluginTensorDesc desc;
  Dims min;
  Dims max;
  Dims opt;
};

enum class DimensionOperation : int32_t {
  kSUM = 0,
  kPROD = 1,
  kMAX = 2,
  kMIN = 3,
  kSUB = 4,
  kEQUAL = 5,  ///< 1 or 0.
  kLESS = 6,   ///< 1 or 0.
  kFLOOR_DIV = 7,
  kCEIL_DIV = 8,
};
DOVETAIL_ENUM_MAX(DimensionOperation, 9)

/// An extent that is computed from other extents. Made and owned by an IExprBuilder.
class IDimensionExpr : public INoCopy {
 public:
  virtual bool isConstant() const noexcept = 0;
  /// The smallest int64 when the expression is not constant.
  virtual int64_t getConstantValue() const noexcept = 0;
  /// True for what declareSizeTensor gave.
  virtual bool isSizeTensor() const noexcept = 0;

 protected:
  virtual ~IDimensionExpr() noexcept = default;
};

/// Makes extents. Valid, like what it makes, during the call that it is handed to.
class IExprBuilder : public INoCopy {
 public:
  virtual IDimensionExpr const* constant(int64_t value) noexcept = 0;
  /// nullptr on a division by the constant 0.
  virtual IDimensionExpr const* operation(DimensionOperation op, IDimensionExpr const& first,
                                          IDimensionExpr const& second) noexcept = 0;
  /// An extent that the plugin computes while it runs: output outputIndex, a scalar integer, holds it.
  /// \param opt, upper  What the extent usually is, and what it never passes.
  virtual IDimensionExpr const* declareSizeTensor(int32_t outputIndex, IDimensionExpr const& opt,
                                                  IDimensionExpr const& upper) = 0;

 protected:
  virtual ~IExprBuilder() noexcept = default;
};

/// Dims whose extents are expressions.
class DimsExprs {
 public:
  int32_t nbDims;
  IDimensionExpr const* d[Dims::MAX_DIMS];
};

}  // namespace DOVETAIL_NAMESPACE
