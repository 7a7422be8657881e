#include "base/log.h"

#include <cstdio>

namespace dvt {
namespace {
thread_local LogSink* sink_of_thread = nullptr;
}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::kInternalError:
      return "internal error";
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kInfo:
      return "info";
    case Severity::kVerbose:
      return "verbose";
  }
  return "unknown";
}

LogScope::LogScope(LogSink* sink) noexcept : previous_(sink_of_thread) { sink_of_thread = sink; }
LogScope::~LogScope() { sink_of_thread = previous_; }

LogSink* current_log() noexcept { return sink_of_thread; }

bool log_enabled(Severity severity) noexcept { return sink_of_thread && sink_of_thread->enabled(severity); }

void log(Severity severity, std::string_view topic, std::string_view message) noexcept {
  if (log_enabled(severity)) sink_of_thread->write(severity, topic, message);
}

void StderrLog::write(Severity severity, std::string_view topic, std::string_view message) noexcept {
  if (!enabled(severity)) return;
  constexpr char kLetters[] = {'F', 'E', 'W', 'I', 'V'};
  // One call, so that lines of several threads do not mix.
  std::fprintf(stderr, "[%c] %.*s: %.*s\n", kLetters[static_cast<int>(severity)], static_cast<int>(topic.size()),
               topic.data(), static_cast<int>(message.size()), message.data());
}

}  // namespace dvt
