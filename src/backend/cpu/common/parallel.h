#pragma once
#include <algorithm>
#include <cstdint>

#include "base/thread_pool.h"

namespace dvt::cpu {

/// Work worth handing to another thread, in estimated nanoseconds: about what waking one costs.
inline constexpr double kPartNs = 10000;

/// Parts to split work into: one below the break-even, else at most `most`.
inline int64_t parts_for(double total_ns, int64_t most) {
  return std::clamp<int64_t>(static_cast<int64_t>(total_ns / kPartNs), 1, std::max<int64_t>(most, 1));
}

/// Calls body(begin, end) over contiguous pieces of [0, items); small work stays on this thread, in one piece.
template <class Body>
void parallel_for(ThreadPool& pool, int64_t items, double item_ns, const Body& body) {
  if (items <= 0) return;
  constexpr int64_t kPiecesPerThread = 4;  // so that a slow core does not hold the others up
  const int64_t threads = pool.threads();
  const int64_t most = threads == 1 ? 1 : std::min(items, threads * kPiecesPerThread);
  const int64_t parts = parts_for(static_cast<double>(items) * item_ns, most);
  if (parts == 1) return body(int64_t{0}, items);
  pool.parallel_for(parts, [&](int64_t part, int) { body(items * part / parts, items * (part + 1) / parts); });
}

/// Calls body(part, parts) for each part, at most `most` and at most one a thread: `part` names scratch memory.
template <class Body>
void parallel_parts(ThreadPool& pool, int64_t most, double total_ns, const Body& body) {
  const int64_t parts = parts_for(total_ns, std::min<int64_t>(most, pool.threads()));
  if (parts == 1) return body(int64_t{0}, int64_t{1});
  pool.parallel_for(parts, [&](int64_t part, int) { body(part, parts); });
}

}  // namespace dvt::cpu
