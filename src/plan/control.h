#pragma once
#include <cstddef>
#include <vector>

#include "plan/plan.h"

namespace dvt::plan {

/// Which operand of a step with regions is which: positions among its inputs and outputs, and among its regions'.
struct ControlForm {
  /// Throws Error(kInvalidPlan) when the step's form makes no sense.
  explicit ControlForm(const Step& step);

  /// An input of the step that enters the regions.
  struct Pair {
    size_t outer = 0, inner = 0;
    bool is_slice = false;  ///< Scanned: the region gets a slice.
  };
  size_t regions = 0;
  std::vector<size_t> flags;   ///< Inputs that are one bool.
  std::vector<size_t> counts;  ///< Inputs that are one i64.
  std::vector<Pair> inputs;    ///< Carried and scanned ones, in order.
  size_t first_capture = 0;    ///< Inputs from here on are read by the regions as they are …
  size_t inner_capture = 0;    ///< … as their inputs from here on.
  size_t outputs = 0;          ///< Of the step; those from `carried` on are stacked. All, for an if.
  size_t carried = 0;
  size_t inner_flags = 0;  ///< Outputs of region 0 before those: 1 when it says whether another iteration follows.
  // A loop's inputs; SIZE_MAX: not there.
  size_t limit = SIZE_MAX, condition = SIZE_MAX, first_carried = 0, first_scanned = 0;
  std::vector<size_t> length_of;  ///< Per stacked output.
};

}  // namespace dvt::plan
