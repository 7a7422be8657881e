#pragma once
#include <dovetail/progress_monitor.h>

namespace dovetail::cli {

/// One line on the terminal that is rewritten as a build goes on.
class ProgressBar final : public IProgressMonitor {
 public:
  void phaseStart(char const* phaseName, char const* parentPhase, int32_t nbSteps) noexcept override;
  bool stepComplete(char const* phaseName, int32_t step) noexcept override;
  void phaseFinish(char const* phaseName) noexcept override;

 private:
  int32_t steps_ = 1;
};

}  // namespace dovetail::cli
