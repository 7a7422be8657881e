#include "runtime/memory_planner.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "base/error.h"

namespace dvt::runtime {
namespace {

constexpr size_t kMaxBytes = size_t{1} << 46;       // of an x86-64 process's addresses
constexpr size_t kMaxRequestsOrderedBySize = 8192;  // that order compares each request with each
constexpr size_t kSearchWork = 4000000;             // comparisons of requests, some milliseconds
constexpr int kMaxTries = 100;

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

/// Bytes alive from each step on at which that changes.
std::map<int32_t, int64_t> load_from(std::span<const BufferRequest> requests) {
  std::map<int32_t, int64_t> load;
  for (const BufferRequest& r : requests) {
    if (r.bytes == 0) continue;
    load[r.first] += static_cast<int64_t>(aligned(r.bytes));
    load[r.last + 1] -= static_cast<int64_t>(aligned(r.bytes));
  }
  int64_t now = 0;
  for (auto& [step, bytes] : load) bytes = now += bytes;
  return load;
}

/// The most bytes alive at once with each request.
std::vector<int64_t> pressure(std::span<const BufferRequest> requests, const std::map<int32_t, int64_t>& load) {
  std::vector<int64_t> out;
  for (const BufferRequest& r : requests) {
    int64_t most = 0;
    for (auto it = load.lower_bound(r.first); it != load.end() && it->first <= r.last; ++it)
      most = std::max(most, it->second);
    out.push_back(most);
  }
  return out;
}

/// Tries orders for requests that are few enough, and keeps the best plan. What sticks out furthest is placed earlier
/// in the next try.
class Search {
 public:
  explicit Search(std::span<const BufferRequest> requests, size_t lower_bound) : requests_(requests) {
    order_.resize(requests.size());
    std::iota(order_.begin(), order_.end(), size_t{0});
    best_.lower_bound = lower_bound;
    best_.total_bytes = SIZE_MAX;
  }

  void by_time() {
    sort([&](size_t a, size_t b) {
      if (requests_[a].first != requests_[b].first) return requests_[a].first < requests_[b].first;
      return requests_[a].bytes > requests_[b].bytes;
    });
    keep(place(requests_, order_, true));
  }

  void by_size() {
    sort([&](size_t a, size_t b) { return requests_[a].bytes > requests_[b].bytes; });
    improve();
  }

  /// First what is alive when most is.
  void by_pressure(const std::vector<int64_t>& pressure) {
    sort([&](size_t a, size_t b) {
      return pressure[a] != pressure[b] ? pressure[a] > pressure[b] : requests_[a].bytes > requests_[b].bytes;
    });
    improve();
  }

  bool done() const { return best_.total_bytes == best_.lower_bound; }
  MemoryPlan take() { return std::move(best_); }

 private:
  template <class Less>
  void sort(Less&& less) {
    std::iota(order_.begin(), order_.end(), size_t{0});
    std::stable_sort(order_.begin(), order_.end(), less);
  }

  void keep(MemoryPlan plan) {
    plan.lower_bound = best_.lower_bound;
    if (plan.total_bytes < best_.total_bytes) best_ = std::move(plan);
  }

  void improve() {
    const size_t work = requests_.size() * requests_.size() / 2 + 1;
    const int tries = std::clamp(static_cast<int>(kSearchWork / work), 1, kMaxTries);
    for (int i = 0; i < tries && !done(); ++i) {
      const MemoryPlan plan = place(requests_, order_, false);
      const auto top = std::find_if(order_.begin(), order_.end(), [&](size_t r) {
        return requests_[r].bytes > 0 && plan.offsets[r] + aligned(requests_[r].bytes) == plan.total_bytes;
      });
      // Not to the very front, where it would be the only one to move from there again.
      if (top != order_.end()) std::rotate(order_.begin() + (top - order_.begin()) / 2, top, top + 1);
      keep(plan);
    }
  }

  std::span<const BufferRequest> requests_;
  std::vector<size_t> order_;
  MemoryPlan best_;
};

}  // namespace

MemoryPlan plan_memory(std::span<const BufferRequest> requests) {
  size_t sum = 0;
  for (const BufferRequest& r : requests) {
    if (r.bytes > kMaxBytes || (sum += aligned(r.bytes)) > kMaxBytes)
      throw Error(ErrorCode::kOutOfMemory, "memory: the values of this network need more than ", kMaxBytes >> 40,
                  " TiB at their largest shapes; lower the profile's maximum");
  }
  const std::map<int32_t, int64_t> load = load_from(requests);
  int64_t bound = 0;
  for (const auto& [step, bytes] : load) bound = std::max(bound, bytes);
  Search search(requests, static_cast<size_t>(bound));
  search.by_time();
  if (requests.size() <= kMaxRequestsOrderedBySize && !search.done()) search.by_size();
  if (requests.size() <= kMaxRequestsOrderedBySize && !search.done()) search.by_pressure(pressure(requests, load));
  return search.take();
}

}  // namespace dvt::runtime
