#include "onnx/error_capture.h"

#include <new>

namespace dvt::onnx {

bool ErrorCapture::reportError(DOVETAIL_NAMESPACE::ErrorCode code, const char* text) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    code_ = code;
    if (!text_.empty()) text_ += '\n';
    text_ += text ? text : "";
  } catch (const std::bad_alloc&) {
    // The text is lost; that there was an error is not: the layer is missing.
  }
  if (before_) before_->reportError(code, text);
  return true;
}

}  // namespace dvt::onnx
