#include "runtime/memory_planner.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace dvt::runtime {
namespace {

constexpr size_t kMaxBytes = size_t{1} << 46;       // of an x86-64 process's addresses
constexpr size_t kMaxRequestsOrderedBySize = 8192;  // that order compares each request with each

size_t aligned(size_t bytes) { return (bytes + MemoryPlan::kAlignment - 1) & ~(MemoryPlan::kAlignment - 1); }

struct Placed {
  size_t begin, end;
  int32_t first, last;
};

/// Lowest-waste offset for `r` among placed ranges sorted by their begin: the smallest hole between those which are
/// alive with it, or else the end of the last of them.
size_t best_fit(const BufferRequest& r, const std::vector<Placed>& placed) {
  const size_t bytes = aligned(r.bytes);
  size_t hole_begin = 0, best = SIZE_MAX, best_size = SIZE_MAX;
  for (const Placed& p : placed) {
    if (p.last < r.first || r.last < p.first) continue;
    if (p.begin > hole_begin) {
      const size_t size = p.begin - hole_begin;
      if (size >= bytes && size < best_size) best = hole_begin, best_size = size;
    }
    hole_begin = std::max(hole_begin, p.end);
  }
  return best == SIZE_MAX ? hole_begin : best;
}

/// Places the requests in the given order. In an order by first step, what has ended is dropped on the way.
MemoryPlan place(std::span<const BufferRequest> requests, const std::vector<size_t>& order, bool by_time) {
  MemoryPlan plan;
  plan.offsets.assign(requests.size(), 0);
  std::vector<Placed> placed;
  for (size_t i : order) {
    const BufferRequest& r = requests[i];
    if (r.bytes == 0) continue;
    if (by_time) std::erase_if(placed, [&](const Placed& p) { return p.last < r.first; });
    const size_t begin = best_fit(r, placed), end = begin + aligned(r.bytes);
    const auto at = std::upper_bound(placed.begin(), placed.end(), begin,
                                     [](size_t value, const Placed& p) { return value < p.begin; });
    placed.insert(at, {begin, end, r.first, r.last});
    plan.offsets[i] = begin;
    plan.total_bytes = std::max(plan.total_bytes, end);
  }
  return plan;
}

/// The most bytes alive at one step.
size_t peak(std::span<const BufferRequest> requests) {
  std::vector<std::pair<int32_t, int64_t>> events;  // frees sort before allocations of the same step + 1
  for (const BufferRequest& r : requests) {
    events.emplace_back(r.first, static_cast<int64_t>(aligned(r.bytes)));
    events.emplace_back(r.last + 1, -static_cast<int64_t>(aligned(r.bytes)));
  }
  std::sort(events.begin(), events.end());
  int64_t now = 0, most = 0;
  for (const auto& [step, change] : events) most = std::max(most, now += change);
  return static_cast<size_t>(most);
}

}  // namespace

MemoryPlan plan_memory(std::span<const BufferRequest> requests) {
  size_t sum = 0;
  for (const BufferRequest& r : requests) {
    if (r.bytes > kMaxBytes || (sum += aligned(r.bytes)) > kMaxBytes)
      throw Error(ErrorCode::kOutOfMemory, "memory: the values of this network need more than ", kMaxBytes >> 40,
                  " TiB at their largest shapes; lower the profile's maximum");
  }
  std::vector<size_t> order(requests.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (requests[a].first != requests[b].first) return requests[a].first < requests[b].first;
    return requests[a].bytes > requests[b].bytes;
  });
  MemoryPlan best = place(requests, order, true);
  if (requests.size() <= kMaxRequestsOrderedBySize) {
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return requests[a].bytes > requests[b].bytes; });
    MemoryPlan by_size = place(requests, order, false);
    if (by_size.total_bytes < best.total_bytes) best = std::move(by_size);
  }
  best.lower_bound = peak(requests);
  return best;
}

}  // namespace dvt::runtime
