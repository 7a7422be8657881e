#pragma once

#include <cstdint>

#include <dovetail/stream.h>
#include <dovetail/types.h>

namespace DOVETAIL_NAMESPACE {

/// Provides memory for an output whose size is known only while the engine runs. Implemented by the user.
class IOutputAllocator : public IVersionedInterface {
 public:
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IOutputAllocator", 1, 0}; }

  /// Called at most once per enqueue, before the output is written.
  /// \param currentMemory  What setTensorAddress gave, or nullptr.
  /// \param size           In bytes, at least 1.
  /// \param alignment      A power of two.
  /// \return Memory to write to; nullptr fails the enqueue.
  virtual void* reallocateOutput(char const* /*tensorName*/, void* /*currentMemory*/, uint64_t /*size*/,
                                 uint64_t /*alignment*/) noexcept {
    return nullptr;
  }
  /// As reallocateOutput, in the order of a stream. By default it calls reallocateOutput.
  virtual void* reallocateOutputAsync(char const* tensorName, void* currentMemory, uint64_t size, uint64_t alignment,
                                      cudaStream_t /*stream*/) noexcept {
    return reallocateOutput(tensorName, currentMemory, size, alignment);
  }
  /// Called when the shape is known, before enqueue returns or before the stream is done.
  virtual void notifyShape(char const* tensorName, Dims const& dims) noexcept = 0;
};

}  // namespace DOVETAIL_NAMESPACE
