#include "api/build/timing_cache.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "api/host_memory.h"
#include "api/wall.h"
#include "base/hash.h"

namespace dvt::api {
namespace {

using KeyBytes = std::array<uint8_t, sizeof(TimingCacheKey::data)>;

KeyBytes hash_key(std::string_view text) {
  const Hash128 hash = hash128(text);
  KeyBytes key;
  static_assert(sizeof hash == sizeof key);
  std::memcpy(key.data(), &hash, key.size());
  return key;
}

/// The fastest tactic of every problem, from the cache's text: "<tactic> v<version> <ms> <target>\t<problem>".
std::map<KeyBytes, TimingCacheValue> best_of(const std::string& text) {
  std::map<KeyBytes, TimingCacheValue> best;
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line(text.data() + begin, end - begin);
    begin = end + 1;
    const size_t tactic_end = line.find(' '), version_end = line.find(' ', tactic_end + 1);
    const size_t time_end = line.find(' ', version_end + 1);
    if (line.find('\t') == std::string_view::npos || time_end == std::string_view::npos) continue;
    const float ms =
        std::strtof(std::string(line.substr(version_end + 1, time_end - version_end - 1)).c_str(), nullptr);
    const std::string_view tactic = line.substr(0, version_end);
    const TimingCacheValue value{hash64(tactic), ms};
    const auto [at, inserted] = best.try_emplace(hash_key(line.substr(time_end + 1)), value);
    if (!inserted && ms < at->second.timingMSec) at->second = value;
  }
  return best;
}

}  // namespace

IHostMemory* TimingCache::serialize() const noexcept {
  return guarded(reporter_, static_cast<IHostMemory*>(nullptr),
                 [&] { return new HostMemory(to_blob(cache_->serialize())); });
}

bool TimingCache::combine(ITimingCache const& other, bool) noexcept {
  return guarded(reporter_, [&] {
    const auto& given = static_cast<const TimingCache&>(other);
    if (given.cache_ == cache_) return;
    // The room's rule is that the argument wins; this interface keeps its own entries.
    builder::TimingCache mine;
    mine.combine(*cache_);
    cache_->combine(*given.cache_);
    cache_->combine(mine);
  });
}

bool TimingCache::reset() noexcept {
  return guarded(reporter_, [&] { cache_->clear(); });
}

int64_t TimingCache::queryKeys(TimingCacheKey* keys, int64_t capacity) const noexcept {
  return guarded(reporter_, int64_t{-1}, [&] {
    const std::map<KeyBytes, TimingCacheValue> best = best_of(cache_->serialize());
    int64_t i = 0;
    for (const auto& [key, value] : best) {
      if (i < capacity && keys != nullptr) std::memcpy(keys[i].data, key.data(), key.size());
      ++i;
    }
    return i;
  });
}

TimingCacheValue TimingCache::query(TimingCacheKey const& key) const noexcept {
  constexpr TimingCacheValue kNone{0, std::numeric_limits<float>::infinity()};
  return guarded(reporter_, kNone, [&] {
    KeyBytes bytes;
    std::memcpy(bytes.data(), key.data, bytes.size());
    const std::map<KeyBytes, TimingCacheValue> best = best_of(cache_->serialize());
    const auto found = best.find(bytes);
    return found == best.end() ? kNone : found->second;
  });
}

bool TimingCache::update(TimingCacheKey const&, TimingCacheValue const&) noexcept {
  reporter_.error(
      ErrorCode::kUnsupported,
      "entries cannot be changed one by one; edit the serialized text, which is a line per tactic and problem");
  return false;
}

}  // namespace dvt::api
