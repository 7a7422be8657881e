#pragma once
#include <string_view>

#include "api/public.h"
#include "base/error.h"
#include "base/log.h"

namespace dvt::api {

pub::ErrorCode public_code(ErrorCode code);

/// Where an object reports to: its logger, and its recorder when one is set. Holds a reference on the recorder.
class Reporter {
 public:
  explicit Reporter(ILogger* logger = nullptr, IErrorRecorder* recorder = nullptr) noexcept;
  Reporter(const Reporter& other) noexcept : Reporter(other.logger_, other.recorder_) {}
  Reporter& operator=(const Reporter&) = delete;
  ~Reporter();

  ILogger* logger() const { return logger_; }
  IErrorRecorder* recorder() const { return recorder_; }
  void set_recorder(IErrorRecorder* recorder) noexcept;

  void log(ILogger::Severity severity, std::string_view message) const noexcept;
  void warn(std::string_view message) const noexcept { log(ILogger::Severity::kWARNING, message); }
  /// To the logger as "<kind>: <message>", and to the recorder.
  void error(ErrorCode code, std::string_view message) const noexcept;
  void error(const Error& e) const noexcept { error(e.code(), e.what()); }

 private:
  ILogger* logger_;
  IErrorRecorder* recorder_;
};

/// Hands the library's own messages to a logger: open a LogScope on it inside a public call.
class ReporterLog final : public LogSink {
 public:
  explicit ReporterLog(const Reporter& reporter) : reporter_(reporter) {}
  void write(Severity severity, std::string_view topic, std::string_view message) noexcept override;

 private:
  const Reporter& reporter_;
};

}  // namespace dvt::api
