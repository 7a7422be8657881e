#include "api/runtime/shared_plans.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "base/hash.h"
#include "base/large_memory.h"

namespace dvt::api {
namespace {

/// Which plans may be equal: their size and what their first bytes hash to. Equal they are when all bytes are.
struct Key {
  size_t size;
  uint64_t hash;
  auto operator<=>(const Key&) const = default;
};

Key key_of(std::span<const std::byte> plan) {
  constexpr size_t kLooked = size_t{1} << 16;
  return {plan.size(), hash64(plan.first(std::min(plan.size(), kLooked)))};
}

struct Held {
  std::weak_ptr<const void> owner;
  std::span<const std::byte> bytes;
};

std::mutex mutex;
std::multimap<Key, Held>& held() {
  static std::multimap<Key, Held> all;
  return all;
}

/// Held plans of that key, kept alive.
std::vector<Blob> candidates(const Key& key) {
  const std::lock_guard lock(mutex);
  std::vector<Blob> out;
  for (auto [it, end] = held().equal_range(key); it != end; ++it)
    if (std::shared_ptr<const void> owner = it->second.owner.lock()) out.emplace_back(it->second.bytes, owner);
  return out;
}

Blob hold(const Key& key, Blob plan) {
  const std::lock_guard lock(mutex);
  std::erase_if(held(), [](const auto& entry) { return entry.second.owner.expired(); });
  held().emplace(key, Held{plan.owner(), plan.bytes()});
  return plan;
}

/// An equal plan that the process holds, or nothing. Compared without a lock: what is held does not change.
Blob find(const Key& key, std::span<const std::byte> plan) {
  for (Blob& held : candidates(key))
    if (std::memcmp(held.data(), plan.data(), plan.size()) == 0) return std::move(held);
  return {};
}

}  // namespace

Blob shared_copy(std::span<const std::byte> plan) {
  if (plan.empty()) return Blob::copy(plan);
  const Key key = key_of(plan);
  if (Blob found = find(key, plan); !found.empty()) return found;
  return hold(key, copy_large(plan));
}

Blob shared(Blob plan) {
  if (plan.empty()) return plan;
  const Key key = key_of(plan.bytes());
  Blob found = find(key, plan.bytes());
  return found.empty() ? hold(key, std::move(plan)) : found;
}

}  // namespace dvt::api
