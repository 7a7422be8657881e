#pragma once

#include <dovetail/interface.h>
#include <dovetail/namespace.h>

namespace DOVETAIL_NAMESPACE {

/// Receives what the library has to say. Implemented by the user; one logger may serve any number of objects.
///
/// A logger must outlive every call on the objects that report to it (builders, runtimes, parsers and what they made).
/// Destroying those objects after their logger is safe: destructors never log.
class ILogger {
 public:
  enum class Severity : int32_t {
    kINTERNAL_ERROR = 0,  ///< Our bug, or a failure that leaves the object unusable.
    kERROR = 1,           ///< The call failed; the message says why and what to try.
    kWARNING = 2,         ///< The call succeeded, but not as asked.
    kINFO = 3,
    kVERBOSE = 4,
  };

  /// \param msg  Valid during the call only. Never nullptr.
  /// \threadsafety May be called from several threads at once.
  virtual void log(Severity severity, AsciiChar const* msg) noexcept = 0;

  ILogger() = default;
  virtual ~ILogger() = default;

 protected:
  ILogger(ILogger const&) = default;
  ILogger(ILogger&&) = default;
  ILogger& operator=(ILogger const&) & = default;
  ILogger& operator=(ILogger&&) & = default;
};
DOVETAIL_ENUM_MAX(ILogger::Severity, 5)

}  // namespace DOVETAIL_NAMESPACE

/// The logger given to the most recent createInferBuilder, createInferRuntime or createParser call. Before any such
/// call: one of the library's own that writes errors and warnings to standard error. Never nullptr; owned by whoever
/// made it.
extern "C" DOVETAIL_API DOVETAIL_NAMESPACE::ILogger* getLogger() noexcept;
