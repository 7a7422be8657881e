#include "cli/progress.h"

#include <algorithm>
#include <cstdio>

namespace dovetail::cli {

void ProgressBar::phaseStart(char const* phaseName, char const*, int32_t nbSteps) noexcept {
  steps_ = std::max(nbSteps, 1);
  std::fprintf(stderr, "\r\033[K%s …", phaseName);
}

bool ProgressBar::stepComplete(char const* phaseName, int32_t step) noexcept {
  constexpr int kWidth = 30;
  const int filled = std::min(kWidth, kWidth * (step + 1) / steps_);
  std::fprintf(stderr, "\r\033[K%s [%.*s%*s] %d/%d", phaseName, filled,
               "==============================", kWidth - filled, "", step + 1, steps_);
  return true;
}

void ProgressBar::phaseFinish(char const*) noexcept { std::fprintf(stderr, "\r\033[K"); }

}  // namespace dovetail::cli
