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

  /// `done` of `total` steps of a phase; a new phase means that the one before is complete.
  /// \return False when the user cancels.
  bool step(std::string_view phase, int done, int total) {
    if (monitor_ == nullptr) return true;
    if (phase_ != phase) {
      if (!complete()) return false;
      phase_ = phase;
      reported_ = 0;
      total_ = total < 1 ? 1 : total;
      monitor_->phaseStart(phase_.c_str(), nullptr, total_);
    }
    return report(done);
  }

  /// The current phase reached its end.
  bool complete() {
    if (phase_.empty() || !report(total_)) return phase_.empty();
    finish();
    return true;
  }

 private:
  bool report(int done) {
    while (reported_ < done && reported_ < total_)
      if (!monitor_->stepComplete(phase_.c_str(), reported_++)) return false;
    return true;
  }
  void finish() {
    if (monitor_ != nullptr && !phase_.empty()) monitor_->phaseFinish(phase_.c_str());
    phase_.clear();
  }
  IProgressMonitor* monitor_;
  std::string phase_;
  int reported_ = 0, total_ = 1;
};

}  // namespace dvt::api
