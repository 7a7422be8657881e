#pragma once
#include <string>
#include <vector>

#include "ops/op.h"

namespace dvt::ops {

/// Runs its body region once for each iteration, in order.
///
/// Inputs: the trip limit (i64, one element) when has_limit; the initial condition (bool, one element) when
/// has_condition; `carried` initial values; one tensor for each of scan_axes; one length (i64, one element) for each of
/// stack_lengths that is 1; then what the body reads from outside.
/// Body inputs: the iteration's number (i64 scalar, from 0), the carried values, the current slice of each scanned
/// tensor (without that axis), what it reads from outside. Body outputs: when has_condition, whether another iteration
/// follows; the next carried values; one slice for each of stack_axes.
/// With `while_form` a second region with the same inputs gives one bool before each iteration: whether it takes place.
/// Iterations end at the limit, when a condition is false, or where a scanned tensor ends.
/// Results: the carried values after the last iteration, then the slices of all iterations stacked along a new axis,
/// whose length is the number of iterations or the length given: then missing slices are 0, further ones are dropped.
struct Loop {
  static constexpr OpId kId = OpId::loop;
  static constexpr bool kTakesText = true;
  std::string scope;  ///< Starts with '?'; late-bound symbols of its results and body begin with it.
  bool has_limit = false, has_condition = false, while_form = false;
  int carried = 0;
  std::vector<int64_t> scan_axes, scan_reverse;  ///< Per scanned tensor; reverse is 0 or 1: from the end.
  std::vector<int64_t> stack_axes, stack_reverse, stack_lengths;  ///< Per stacked result.
  friend bool operator==(const Loop&, const Loop&) = default;
};
DECLARE_OP(Loop);

/// Positions among a loop's inputs and results, and those of its body.
struct LoopLayout {
  explicit LoopLayout(const Loop& op);
  int limit = -1, condition = -1;  ///< -1: not there.
  int first_carried = 0, first_scanned = 0, first_length = 0, first_capture = 0;
  int scanned = 0, stacked = 0;
  // Of the body.
  int body_first_scanned = 0, body_first_capture = 0;
  int body_first_carried_out = 0, body_first_stacked = 0, body_outputs = 0;
  /// Input that holds the length of a stacked result, or -1.
  std::vector<int> length_of;
};

}  // namespace dvt::ops
