#pragma once
#include <cstddef>

#include "api/public.h"

namespace dvt::api {

/// Scratch memory of a context from a user's allocator.
class ContextMemory {
 public:
  ContextMemory() = default;
  ContextMemory(const ContextMemory&) = delete;
  ContextMemory& operator=(const ContextMemory&) = delete;
  ~ContextMemory() { release(); }

  /// Frees what there was and asks for `bytes`; nullptr as allocator only frees. Throws Error(kOutOfMemory).
  void reset(IGpuAllocator* allocator, std::size_t bytes, cudaStream_t stream);
  void* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  void release() noexcept;

  IGpuAllocator* allocator_ = nullptr;
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace dvt::api
