#pragma once

#include <cstddef>

#include <dovetail/interface.h>
#include <dovetail/namespace.h>

namespace DOVETAIL_NAMESPACE {

enum class ErrorCode : int32_t {
  kSUCCESS = 0,
  kUNSPECIFIED_ERROR = 1,
  kINTERNAL_ERROR = 2,
  kINVALID_ARGUMENT = 3,
  kINVALID_CONFIG = 4,
  kFAILED_ALLOCATION = 5,
  kFAILED_INITIALIZATION = 6,
  kFAILED_EXECUTION = 7,
  kFAILED_COMPUTATION = 8,
  kINVALID_STATE = 9,
  kUNSUPPORTED_STATE = 10,
};
DOVETAIL_ENUM_MAX(ErrorCode, 11)

/// Collects errors so that a program can ask for them instead of reading the log. Implemented by the user.
///
/// An object holds a reference (incRefCount / decRefCount) on the recorder that was set on it, and hands it on to the
/// objects it creates. Whoever implements it decides what happens when the count reaches zero.
/// \threadsafety Every method may be called from several threads at once.
class IErrorRecorder : public IVersionedInterface {
 public:
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IErrorRecorder", 1, 0}; }

  using ErrorDesc = char const*;
  using RefCount = int32_t;

  /// Descriptions may be cut to this many characters, the final zero not counted.
  static constexpr size_t kMAX_DESC_LENGTH{127U};

  virtual int32_t getNbErrors() const noexcept = 0;
  /// \param errorIdx  0 (the first reported) to getNbErrors() - 1.
  virtual ErrorCode getErrorCode(int32_t errorIdx) const noexcept = 0;
  virtual ErrorDesc getErrorDesc(int32_t errorIdx) const noexcept = 0;
  /// True when errors were lost because there was no room for them.
  virtual bool hasOverflowed() const noexcept = 0;
  virtual void clear() noexcept = 0;
  /// Called by the library. \param desc is valid during the call only.
  /// \return True when the error is fatal in the recorder's eyes; the library fails the call either way.
  virtual bool reportError(ErrorCode val, ErrorDesc desc) noexcept = 0;
  /// \return The number of references after the call.
  virtual RefCount incRefCount() noexcept = 0;
  virtual RefCount decRefCount() noexcept = 0;
};

}  // namespace DOVETAIL_NAMESPACE
