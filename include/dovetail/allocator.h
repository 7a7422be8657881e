#pragma once

#include <cstdint>

#include <dovetail/interface.h>
#include <dovetail/stream.h>

namespace DOVETAIL_NAMESPACE {

using AllocatorFlags = uint32_t;
enum class AllocatorFlag : int32_t { kRESIZABLE = 0 };
DOVETAIL_ENUM_MAX(AllocatorFlag, 1)

/// Provides the memory of the engine's device. Implemented by the user; must outlive the objects it was set on.
/// \threadsafety May be called from several threads at once.
class IGpuAllocator : public IVersionedInterface {
 public:
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IGpuAllocator", 1, 0}; }

  /// \param size       In bytes; 0 gives nullptr.
  /// \param alignment  0 or a power of two.
  /// \return nullptr when there is no memory; the library then reports kFAILED_ALLOCATION.
  virtual void* allocate(uint64_t size, uint64_t alignment, AllocatorFlags flags) noexcept = 0;
  /// Grows or shrinks memory in place or elsewhere. nullptr means that this is not supported.
  virtual void* reallocate(void* /*base*/, uint64_t /*alignment*/, uint64_t /*newSize*/) noexcept { return nullptr; }
  /// Takes back memory from allocate; nullptr is accepted. \return True when it was freed.
  virtual bool deallocate(void* memory) noexcept = 0;

  virtual void* allocateAsync(uint64_t size, uint64_t alignment, AllocatorFlags flags,
                              cudaStream_t /*stream*/) noexcept {
    return allocate(size, alignment, flags);
  }
  virtual bool deallocateAsync(void* memory, cudaStream_t /*stream*/) noexcept { return deallocate(memory); }
};

/// An allocator whose own calls are the asynchronous ones. Implemented by the user.
class IGpuAsyncAllocator : public IGpuAllocator {
 public:
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IGpuAllocator", 1, 0}; }
  IGpuAsyncAllocator() = default;
  ~IGpuAsyncAllocator() override = default;

  void* allocateAsync(uint64_t const size, uint64_t const alignment, AllocatorFlags const flags,
                      cudaStream_t stream) noexcept override = 0;
  bool deallocateAsync(void* const memory, cudaStream_t stream) noexcept override = 0;
  void* allocate(uint64_t const size, uint64_t const alignment, AllocatorFlags const flags) noexcept override {
    return allocateAsync(size, alignment, flags, nullptr);
  }
  bool deallocate(void* const memory) noexcept override { return deallocateAsync(memory, nullptr); }
};

}  // namespace DOVETAIL_NAMESPACE
