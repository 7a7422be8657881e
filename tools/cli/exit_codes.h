#pragma once
#include <stdexcept>
#include <string>

namespace dovetail::cli {

/// What the process returns; scripts may rely on it.
enum ExitCode {
  kOk = 0,
  kFailed = 1,       ///< The build or run failed, or a file could not be read or written.
  kUsage = 2,        ///< The command line makes no sense.
  kUnsupported = 3,  ///< The model has something that is not supported.
  kMismatch = 4,     ///< A check found a result that is not accurate enough.
};

/// Ends a command; main() prints the message (the library may have logged the details already).
class Failure : public std::runtime_error {
 public:
  Failure(ExitCode code, const std::string& message) : std::runtime_error(message), code(code) {}
  ExitCode code;
};

}  // namespace dovetail::cli
