#pragma once
#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace dvt::cudart {

enum class MemoryKind { kDevice, kManaged, kHost, kRegistered, kSymbol };

struct Allocation {
  std::byte* base = nullptr;
  size_t bytes = 0;
  MemoryKind kind = MemoryKind::kDevice;
  unsigned flags = 0;

  /// Whether device code may read it.
  bool holds(const void* from, size_t count) const {
    const auto begin = reinterpret_cast<uintptr_t>(base), at = reinterpret_cast<uintptr_t>(from);
    return at >= begin && at - begin <= bytes && count <= bytes - (at - begin);
  }
};

/// The allocation that an address lies in.
std::optional<Allocation> find_allocation(const void* address);
/// Makes one. *to is nullptr when size is 0. cudaErrorMemoryAllocation when the device has no room.
cudaError_t allocate(void** to, size_t size, MemoryKind kind, unsigned flags);
/// Frees one of the given kinds, which address must be the beginning of.
cudaError_t release(void* address, bool device_side);

struct MemoryInfo {
  size_t free, total;
};
MemoryInfo memory_info();

}  // namespace dvt::cudart
