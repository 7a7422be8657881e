#pragma once
#include <optional>

#include "base/error.h"

namespace dvt::backend {

// Kernels do not throw. One that reports sizes says with kFailedSize, which no size can be, that it could not compute,
// and may leave the reason here for whoever launched it: both are on one thread.

inline constexpr int64_t kFailedSize = INT64_MIN;

/// Leaves a reason, in place of an earlier one.
void leave_reason(const Error& error) noexcept;
/// Takes what was left on this thread since the last call.
std::optional<Error> take_reason() noexcept;

}  // namespace dvt::backend
