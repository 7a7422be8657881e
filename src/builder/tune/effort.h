#pragma once

namespace dvt::builder {

/// What an optimization level spends on a problem.
struct Effort {
  int candidates = 0;   ///< Tactics of the list, in its order, that are considered.
  bool timed = true;    ///< Otherwise the first of them is taken.
  bool prunes = false;  ///< What cannot win by its arithmetic and the machine's peak is not tried.
  double give_up = 0;   ///< Beyond this many times the best time a candidate is dropped after two samples; 0: never.
  int min_samples = 1;  ///< Of a candidate that may win.
  int max_samples = 50;
  double sample_ms = 0;  ///< Time over which samples are taken, once there are min_samples.
};

/// Level 0 to 5; others are cut to that.
Effort effort_of(int level);

}  // namespace dvt::builder
