#pragma once

#include <cstddef>

#include <dovetail/logger.h>
#include <dovetail/plugin_v2.h>

namespace DOVETAIL_NAMESPACE {
namespace consistency {

/// Checks a plan before it is used where mistakes are dangerous. Owned by the caller.
class IConsistencyChecker {
 public:
  /// \return True when the plan is whole and fits this library; a no is reported with its reason.
  virtual bool validate() const noexcept = 0;
  virtual ~IConsistencyChecker() = default;

 protected:
  IConsistencyChecker() = default;
  IConsistencyChecker(IConsistencyChecker const&) = delete;
  IConsistencyChecker& operator=(IConsistencyChecker const&) = delete;
  IConsistencyChecker(IConsistencyChecker&&) = delete;
  IConsistencyChecker& operator=(IConsistencyChecker&&) = delete;
};

/// A plugin creator that can also check a plugin's part of a plan.
class IPluginChecker : public IPluginCreator {
 public:
  virtual bool validate(char const* name, void const* serialData, std::size_t serialLength, PluginTensorDesc const* in,
                        std::size_t nbInputs, PluginTensorDesc const* out, std::size_t nbOutputs,
                        int64_t workspaceSize) const noexcept = 0;
  IPluginChecker() = default;
  ~IPluginChecker() override = default;

 protected:
  IPluginChecker(IPluginChecker const&) = default;
  IPluginChecker(IPluginChecker&&) = default;
  IPluginChecker& operator=(IPluginChecker const&) & = default;
  IPluginChecker& operator=(IPluginChecker&&) & = default;
};

}  // namespace consistency
}  // namespace DOVETAIL_NAMESPACE

/// Behind createConsistencyChecker. \param logger  An ILogger. \param version  DOVETAIL_API_VERSION.
extern "C" DOVETAIL_API void* createConsistencyChecker_INTERNAL(void* logger, void const* blob, std::size_t size,
                                                                int32_t version);

namespace DOVETAIL_NAMESPACE {
namespace consistency {

/// \param blob, size  A plan; the bytes are copied. \return A checker, owned by the caller, or nullptr.
inline IConsistencyChecker* createConsistencyChecker(ILogger& logger, void const* blob, std::size_t size) {
  return static_cast<IConsistencyChecker*>(
      createConsistencyChecker_INTERNAL(&logger, blob, size, DOVETAIL_API_VERSION));
}

}  // namespace consistency
}  // namespace DOVETAIL_NAMESPACE
