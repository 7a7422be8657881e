#pragma once
#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/reporter.h"
#include "plan/plan.h"

#include <dovetail/optimization_profile.h>

namespace dvt::ir {
class Graph;
}

namespace dvt::api {

/// Three lists, indexed by OptProfileSelector; empty when not set.
using Triple = std::array<std::vector<int64_t>, 3>;

/// What a profile says. Shared by the profile and the configurations that it was added to.
struct ProfileData {
  std::map<std::string, Triple, std::less<>> dims;
  std::map<std::string, Triple, std::less<>> values;  ///< Of shape tensors.
};

class Profile final : public IOptimizationProfile {
 public:
  explicit Profile(const Reporter& reporter) : reporter_(reporter), data_(std::make_shared<ProfileData>()) {}
  ~Profile() noexcept override = default;

  bool setDimensions(char const* inputName, OptProfileSelector select, Dims const& dims) noexcept override;
  Dims getDimensions(char const* inputName, OptProfileSelector select) const noexcept override;
  bool setShapeValuesV2(char const* inputName, OptProfileSelector select, int64_t const* values,
                        int32_t nbValues) noexcept override;
  int32_t getNbShapeValues(char const* inputName) const noexcept override;
  int64_t const* getShapeValuesV2(char const* inputName, OptProfileSelector select) const noexcept override;
  bool setShapeValues(char const* inputName, OptProfileSelector select, int32_t const* values,
                      int32_t nbValues) noexcept override;
  int32_t const* getShapeValues(char const* inputName, OptProfileSelector select) const noexcept override;
  bool setExtraMemoryTarget(float target) noexcept override;
  float getExtraMemoryTarget() const noexcept override { return extra_memory_target_; }
  bool isValid() const noexcept override;

  const std::shared_ptr<ProfileData>& data() const { return data_; }

 private:
  Reporter reporter_;
  std::shared_ptr<ProfileData> data_;
  mutable std::map<std::string, std::array<std::vector<int32_t>, 3>, std::less<>> narrow_values_;
  float extra_memory_target_ = 1;
};

/// The profile for a network's inputs, in their order. Throws Error(kInvalidArgument) naming an input that is not
/// covered, one that is unknown, or a list that contradicts the network.
plan::Profile to_plan_profile(const ProfileData& data, const ir::Graph& network, size_t index);

}  // namespace dvt::api
