#pragma once

#include <dovetail/interface.h>

namespace DOVETAIL_NAMESPACE {

/// Receives the time of each layer of a run. Implemented by the user, set on an execution context.
class IProfiler {
 public:
  /// Called once per layer and run, in execution order, after the run.
  /// \param layerName  Valid during the call only. \param ms  Milliseconds.
  virtual void reportLayerTime(char const* layerName, float ms) noexcept = 0;
  virtual ~IProfiler() noexcept = default;
};

}  // namespace DOVETAIL_NAMESPACE
