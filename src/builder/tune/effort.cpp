#include "builder/tune/effort.h"

#include <algorithm>
#include <climits>

namespace dvt::builder {

Effort effort_of(int level) {
  // A few milliseconds are enough for a small kernel to be seen past the clock and a scheduler tick.
  static constexpr Effort kLevels[] = {
      {.candidates = 1, .timed = false},
      {.candidates = 2, .prunes = true, .give_up = 1.25, .min_samples = 1, .sample_ms = 1},
      {.candidates = 3, .prunes = true, .give_up = 1.25, .min_samples = 2, .sample_ms = 2},
      {.candidates = INT_MAX, .prunes = true, .give_up = 1.25, .min_samples = 3, .sample_ms = 4},
      {.candidates = INT_MAX, .give_up = 1.5, .min_samples = 5, .max_samples = 100, .sample_ms = 10},
      {.candidates = INT_MAX, .min_samples = 10, .max_samples = 200, .sample_ms = 40},
  };
  return kLevels[std::clamp(level, 0, 5)];
}

}  // namespace dvt::builder
