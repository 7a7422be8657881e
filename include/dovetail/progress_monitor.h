#pragma once

#include <dovetail/interface.h>

namespace DOVETAIL_NAMESPACE {

/// Follows a build and may cancel it. Implemented by the user, set on a builder configuration.
/// Phases nest: a phase may start within another and finishes before it.
/// \threadsafety May be called from several threads at once.
class IProgressMonitor : public IVersionedInterface {
 public:
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IProgressMonitor", 1, 0}; }

  /// \param parentPhase  nullptr for an outermost phase. \param nbSteps  At least 1.
  virtual void phaseStart(char const* phaseName, char const* parentPhase, int32_t nbSteps) noexcept = 0;
  /// \return False to cancel the build; it then fails with a message that says so.
  virtual bool stepComplete(char const* phaseName, int32_t step) noexcept = 0;
  /// Called for each started phase, also when the build fails or is cancelled.
  virtual void phaseFinish(char const* phaseName) noexcept = 0;
};

}  // namespace DOVETAIL_NAMESPACE
