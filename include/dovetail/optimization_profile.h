#pragma once

#include <dovetail/types.h>

namespace DOVETAIL_NAMESPACE {

/// The shapes that an engine is built for: smallest, most important and largest, for each input with -1 in its shape.
/// Owned by the builder that made it.
class IOptimizationProfile : public INoCopy {
 public:
  /// Set all three: the engine accepts everything between kMIN and kMAX and is tuned for kOPT.
  /// \param dims  Without -1. \return False, with the reason reported, when dims cannot be (a negative extent, another
  ///              rank than an earlier call). What contradicts the network is reported by the build.
  virtual bool setDimensions(char const* inputName, OptProfileSelector select, Dims const& dims) noexcept = 0;
  /// nbDims is -1 when nothing was set.
  virtual Dims getDimensions(char const* inputName, OptProfileSelector select) const noexcept = 0;

  /// The range of values of an input that is a shape tensor. The values are copied.
  virtual bool setShapeValuesV2(char const* inputName, OptProfileSelector select, int64_t const* values,
                                int32_t nbValues) noexcept = 0;
  /// -1 when nothing was set.
  virtual int32_t getNbShapeValues(char const* inputName) const noexcept = 0;
  /// nullptr when nothing was set. Valid until the values are set again.
  virtual int64_t const* getShapeValuesV2(char const* inputName, OptProfileSelector select) const noexcept = 0;
  virtual bool setShapeValues(char const* inputName, OptProfileSelector select, int32_t const* values,
                              int32_t nbValues) noexcept = 0;
  virtual int32_t const* getShapeValues(char const* inputName, OptProfileSelector select) const noexcept = 0;

  /// Memory beyond the workspace limit that tactics may use, as a share (0 to 1) of what the device has.
  virtual bool setExtraMemoryTarget(float target) noexcept = 0;
  virtual float getExtraMemoryTarget() const noexcept = 0;

  /// True when every input that was named has kMIN <= kOPT <= kMAX in each dimension.
  virtual bool isValid() const noexcept = 0;

 protected:
  virtual ~IOptimizationProfile() noexcept = default;
};

}  // namespace DOVETAIL_NAMESPACE
