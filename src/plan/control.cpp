#include "plan/control.h"

#include <algorithm>

#include "base/error.h"

namespace dvt::plan {
namespace {

constexpr size_t kMaxOperands = 4096;

[[noreturn]] void bad(const Step& s, const char* what) {
  throw Error(ErrorCode::kInvalidPlan, "plan: step '", s.name, "': ", what);
}

bool are_flags(const std::vector<int64_t>& list, size_t count) {
  return list.size() == count && std::all_of(list.begin(), list.end(), [](int64_t f) { return f == 0 || f == 1; });
}

/// Axes index tensors of the rank that the step's values have; the runtime relies on it.
bool are_axes(const std::vector<int64_t>& list) {
  return list.size() <= kMaxOperands &&
         std::all_of(list.begin(), list.end(), [](int64_t axis) { return axis >= 0 && axis < 16; });
}

}  // namespace

ControlForm::ControlForm(const Step& s) {
  if (s.control == Control::kNone) bad(s, "it has regions but is no control flow");
  if (s.control == Control::kIf) {
    regions = 2;
    flags = {0};
    first_capture = 1;
    outputs = carried = s.outputs.size();
    return;
  }
  const LoopForm& f = s.loop;
  const size_t scanned = f.scan_axes.size(), stacked = f.stack_axes.size();
  if (f.carried < 0 || static_cast<size_t>(f.carried) > kMaxOperands)
    bad(s, "it carries an impossible number of values");
  if (!are_axes(f.scan_axes) || !are_axes(f.stack_axes)) bad(s, "an axis is out of range");
  if (!are_flags(f.scan_reverse, scanned) || !are_flags(f.stack_reverse, stacked) ||
      !are_flags(f.stack_lengths, stacked))
    bad(s, "its flags are not 0 or 1 for each scanned or stacked value");
  if (!f.has_limit && !f.has_condition && !f.while_form && scanned == 0) bad(s, "nothing ends the loop");
  carried = static_cast<size_t>(f.carried);
  regions = f.while_form ? 2 : 1;
  size_t at = 0;
  if (f.has_limit) counts.push_back(limit = at++);
  if (f.has_condition) flags.push_back(condition = at++);
  first_carried = at;
  first_scanned = first_carried + carried;
  for (size_t j = 0; j < carried; ++j) inputs.push_back({first_carried + j, 1 + j, false});
  for (size_t k = 0; k < scanned; ++k) inputs.push_back({first_scanned + k, 1 + carried + k, true});
  first_capture = first_scanned + scanned;
  for (int64_t has : f.stack_lengths) {
    length_of.push_back(has ? first_capture : SIZE_MAX);
    if (has) counts.push_back(first_capture++);
  }
  inner_capture = 1 + carried + scanned;
  inner_flags = f.has_condition ? 1 : 0;
  outputs = carried + stacked;
}

}  // namespace dvt::plan
