#pragma once
#include "api/reporter.h"

namespace dvt::api {

/// What getLogger() gives from now on.
void set_last_logger(ILogger* logger) noexcept;

/// Whether a factory may go on: there is a logger, and the program's headers are of a revision served here.
bool serves(const Reporter& reporter, int32_t version) noexcept;

}  // namespace dvt::api
