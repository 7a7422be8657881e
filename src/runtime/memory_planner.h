#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dvt::runtime {

/// A range of bytes needed from step `first` to step `last`, both included.
struct BufferRequest {
  size_t bytes = 0;
  int32_t first = 0, last = 0;
};

/// Where each request lies in one arena.
struct MemoryPlan {
  static constexpr size_t kAlignment = 64;
  std::vector<size_t> offsets;  ///< Per request, multiples of kAlignment. A request of 0 bytes has offset 0.
  size_t total_bytes = 0;
  size_t lower_bound = 0;  ///< Largest sum of sizes that are needed at once: no plan is smaller.
};

/// Gives every request an offset so that two which are needed at the same time do not overlap. Deterministic.
/// Greedy orders are tried, each with best fit: by time, by size and by how much else is needed at the same time; what
/// ends up on top is placed earlier and the order tried again, as often as some milliseconds allow. The smallest arena
/// wins.
/// Throws Error(kOutOfMemory) when the sizes add up to more than an address space.
MemoryPlan plan_memory(std::span<const BufferRequest> requests);

}  // namespace dvt::runtime
