#include "api/reporter.h"

#include <string>

#include "api/wall.h"

namespace dvt::api {

pub::ErrorCode public_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidModel:
    case ErrorCode::kInvalidArgument:
      return pub::ErrorCode::kINVALID_ARGUMENT;
    case ErrorCode::kInvalidPlan:
    case ErrorCode::kIo:
      return pub::ErrorCode::kFAILED_INITIALIZATION;
    case ErrorCode::kUnsupported:
      return pub::ErrorCode::kUNSUPPORTED_STATE;
    case ErrorCode::kInvalidState:
      return pub::ErrorCode::kINVALID_STATE;
    case ErrorCode::kOutOfMemory:
      return pub::ErrorCode::kFAILED_ALLOCATION;
    case ErrorCode::kInternal:
      return pub::ErrorCode::kINTERNAL_ERROR;
  }
  return pub::ErrorCode::kUNSPECIFIED_ERROR;
}

Reporter::Reporter(ILogger* logger, IErrorRecorder* recorder) noexcept : logger_(logger), recorder_(recorder) {
  if (recorder_ != nullptr) recorder_->incRefCount();
}

Reporter::~Reporter() {
  if (recorder_ != nullptr) recorder_->decRefCount();
}

void Reporter::set_recorder(IErrorRecorder* recorder) noexcept {
  if (recorder != nullptr) recorder->incRefCount();
  if (recorder_ != nullptr) recorder_->decRefCount();
  recorder_ = recorder;
}

void Reporter::log(ILogger::Severity severity, std::string_view message) const noexcept {
  if (logger_ == nullptr) return;
  try {
    logger_->log(severity, std::string(message).c_str());
  } catch (const std::bad_alloc&) {
    logger_->log(severity, "a message was lost: out of host memory");
  }
}

void Reporter::error(ErrorCode code, std::string_view message) const noexcept {
  const auto severity = code == ErrorCode::kInternal ? ILogger::Severity::kINTERNAL_ERROR : ILogger::Severity::kERROR;
  try {
    const std::string text = concat(to_string(code), ": ", message);
    if (logger_ != nullptr) logger_->log(severity, text.c_str());
    if (recorder_ != nullptr) recorder_->reportError(public_code(code), text.c_str());
  } catch (const std::bad_alloc&) {
    if (logger_ != nullptr) logger_->log(severity, "out of host memory");
    if (recorder_ != nullptr) recorder_->reportError(pub::ErrorCode::kFAILED_ALLOCATION, "out of host memory");
  }
}

void ReporterLog::write(Severity severity, std::string_view topic, std::string_view message) noexcept {
  static_assert(static_cast<int>(Severity::kVerbose) == static_cast<int>(ILogger::Severity::kVERBOSE));
  guarded(reporter_, [&] { reporter_.log(static_cast<ILogger::Severity>(severity), concat(topic, ": ", message)); });
}

}  // namespace dvt::api
