#pragma once

#include <cstdint>

#include <dovetail/stream.h>
#include <dovetail/types.h>

namespace DOVETAIL_NAMESPACE {

enum class SeekPosition : int32_t { kSET = 0, kCUR = 1, kEND = 2 };
DOVETAIL_ENUM_MAX(SeekPosition, 3)

/// A source of a serialized engine. Implemented by the user.
class IStreamReader : public IVersionedInterface {
 public:
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IStreamReader", 1, 0}; }
  /// Copies the next nbBytes bytes to destination. \return How many were copied; less than asked at the end; -1 on
  /// error.
  virtual int64_t read(void* destination, int64_t nbBytes) = 0;
};

/// A source of a serialized engine that can be read from any position. Implemented by the user.
class IStreamReaderV2 : public IVersionedInterface {
 public:
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IStreamReaderV2", 1, 0}; }
  virtual int64_t read(void* destination, int64_t nbBytes, cudaStream_t stream) noexcept = 0;
  virtual bool seek(int64_t offset, SeekPosition where) noexcept = 0;
};

/// A sink of a serialized engine. Implemented by the user.
class IStreamWriter : public IVersionedInterface {
 public:
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IStreamWriter", 1, 0}; }
  /// \return How many bytes were taken; anything but nbBytes fails the call that writes.
  virtual int64_t write(void const* data, int64_t nbBytes) = 0;
};

}  // namespace DOVETAIL_NAMESPACE
