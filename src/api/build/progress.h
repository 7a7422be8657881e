#pragma once
#include <string>
#include <string_view>

#include <dovetail/progress_monitor.h>

#include "api/public.h"

namespace dvt::api {

/// Tells a monitor of the builder's phases, one after the other, and closes the last one however the build ends.
class Progress {
 public:
  explicit Progress(IProgressMonitor* monitor) : monitor_(monitor) {}
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` of `total` steps of a phase. \return False when the user cancels.
  bool step(std::string_view phase, int done, int total) {
    if (monitor_ == nullptr) return true;
    if (phase_ != phase) {
      finish();
      phase_ = phase;
      reported_ = 0;
      monitor_->phaseStart(phase_.c_str(), nullptr, total < 1 ? 1 : total);
    }
    while (reported_ < done)
      if (!monitor_->stepComplete(phase_.c_str(), reported_++)) return false;
    return true;
  }

 private:
  void finish() {
    if (monitor_ != nullptr && !phase_.empty()) monitor_->phaseFinish(phase_.c_str());
    phase_.clear();
  }
  IProgressMonitor* monitor_;
  std::string phase_;
  int reported_ = 0;
};

}  // namespace dvt::api
