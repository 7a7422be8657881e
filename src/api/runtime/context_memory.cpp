#include "api/runtime/context_memory.h"

#include <algorithm>

#include "base/error.h"

namespace dvt::api {

void ContextMemory::reset(IGpuAllocator* allocator, std::size_t bytes, cudaStream_t stream) {
  constexpr uint64_t kAlignment = 64;
  release();
  if (allocator == nullptr) return;
  const std::size_t wanted = std::max<std::size_t>(bytes, kAlignment);
  void* data = allocator->allocateAsync(wanted, kAlignment, 0, stream);
  if (data == nullptr)
    throw Error(ErrorCode::kOutOfMemory, "the allocator gave no memory for a context (", wanted, " bytes)");
  allocator_ = allocator;
  data_ = data;
  size_ = wanted;
}

void ContextMemory::release() noexcept {
  if (data_ != nullptr) allocator_->deallocateAsync(data_, nullptr);
  data_ = nullptr;
  size_ = 0;
}

}  // namespace dvt::api
