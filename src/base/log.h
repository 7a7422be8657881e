#pragma once
#include <cstdint>
#include <string_view>

#include "base/concat.h"

namespace dvt {

/// Most severe first, in the order of the public ILogger.
enum class Severity : uint8_t { kInternalError, kError, kWarning, kInfo, kVerbose };
std::string_view to_string(Severity severity);

/// Where messages go; the API wires one to the user's ILogger.
class LogSink {
 public:
  virtual ~LogSink() = default;
  /// `topic` says which part speaks ("passes", "tune"): a word, in lower case.
  virtual void write(Severity severity, std::string_view topic, std::string_view message) noexcept = 0;
  /// Whether write() would do anything with such a message: callers skip making costly ones.
  virtual bool enabled(Severity) const noexcept { return true; }
};

/// Makes `sink` the destination of this thread's messages for as long as the object lives. nullptr silences.
/// A public call opens one; work handed to another thread opens its own there.
class LogScope {
 public:
  explicit LogScope(LogSink* sink) noexcept;
  ~LogScope();
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;

 private:
  LogSink* previous_;
};

/// The destination of this thread's messages; nullptr: they are dropped.
LogSink* current_log() noexcept;
bool log_enabled(Severity severity) noexcept;

/// Says something on this thread's sink. Never on the hot path: enqueue does not log.
void log(Severity severity, std::string_view topic, std::string_view message) noexcept;
/// log(Severity::kInfo, "tune", "tactic ", name, " took ", ms, " ms"): parts are joined only if someone listens.
template <class First, class Second, class... Rest>
void log(Severity severity, std::string_view topic, const First& first, const Second& second, const Rest&... rest) {
  if (log_enabled(severity)) log(severity, topic, std::string_view(concat(first, second, rest...)));
}

/// Writes "[W] passes: ..." lines to standard error, up to `least` severe.
class StderrLog final : public LogSink {
 public:
  explicit StderrLog(Severity least = Severity::kWarning) : least_(least) {}
  void write(Severity severity, std::string_view topic, std::string_view message) noexcept override;
  bool enabled(Severity severity) const noexcept override { return severity <= least_; }

 private:
  Severity least_;
};

}  // namespace dvt
