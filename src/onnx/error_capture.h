#pragma once
#include <dovetail/network.h>

#include <mutex>
#include <string>
#include <utility>

namespace dvt::onnx {

/// Stands in for a network's error recorder, so that the reason of a refused layer reaches the parser's error. What it
/// hears is handed on to the recorder that was there before.
class ErrorCapture final : public DOVETAIL_NAMESPACE::IErrorRecorder {
 public:
  explicit ErrorCapture(DOVETAIL_NAMESPACE::INetworkDefinition& network)
      : network_(network), before_(network.getErrorRecorder()) {
    if (before_) before_->incRefCount();  // the network lets go of it for a while
    network_.setErrorRecorder(this);
  }
  ~ErrorCapture() override {
    network_.setErrorRecorder(before_);
    if (before_) before_->decRefCount();
  }
  ErrorCapture(const ErrorCapture&) = delete;
  ErrorCapture& operator=(const ErrorCapture&) = delete;

  /// The errors since the last call, one a line; "" when there were none.
  std::string take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(text_, {});
  }
  DOVETAIL_NAMESPACE::ErrorCode last_code() const { return code_; }

  bool reportError(DOVETAIL_NAMESPACE::ErrorCode code, const char* text) noexcept override;
  int32_t getNbErrors() const noexcept override { return before_ ? before_->getNbErrors() : 0; }
  DOVETAIL_NAMESPACE::ErrorCode getErrorCode(int32_t i) const noexcept override {
    return before_ ? before_->getErrorCode(i) : DOVETAIL_NAMESPACE::ErrorCode::kINVALID_ARGUMENT;
  }
  const char* getErrorDesc(int32_t i) const noexcept override { return before_ ? before_->getErrorDesc(i) : ""; }
  bool hasOverflowed() const noexcept override { return before_ && before_->hasOverflowed(); }
  void clear() noexcept override {
    if (before_) before_->clear();
  }
  int32_t incRefCount() noexcept override { return 1; }
  int32_t decRefCount() noexcept override { return 1; }

 private:
  DOVETAIL_NAMESPACE::INetworkDefinition& network_;
  DOVETAIL_NAMESPACE::IErrorRecorder* before_;
  std::mutex mutex_;
  std::string text_;
  DOVETAIL_NAMESPACE::ErrorCode code_ = DOVETAIL_NAMESPACE::ErrorCode::kSUCCESS;
};

}  // namespace dvt::onnx
