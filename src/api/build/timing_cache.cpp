#include "api/build/timing_cache.h"

#include <algorithm>
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

/// A line of the cache's text: "<tactic> v<version> <ms>[+] <target>\t<problem>".
struct Line {
  std::string_view tactic;  ///< With its version.
  float ms;
  bool at_least;  ///< The + behind the time: it was not chosen, and takes no less.
  std::string_view target, problem;
  std::string_view place;  ///< Target and problem: what keys are made of.
};

template <class F>
void for_each_line(const std::string& text, F&& f) {
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line(text.data() + begin, end - begin);
    begin = end + 1;
    const size_t tactic_end = line.find(' '), version_end = line.find(' ', tactic_end + 1);
    const size_t time_end = line.find(' ', version_end + 1), tab = line.find('\t');
    if (tab == std::string_view::npos || time_end == std::string_view::npos || tab < time_end) continue;
    const std::string time(line.substr(version_end + 1, time_end - version_end - 1));
    f(Line{line.substr(0, version_end), std::strtof(time.c_str(), nullptr), time.ends_with('+'),
           line.substr(time_end + 1, tab - time_end - 1), line.substr(tab + 1), line.substr(time_end + 1)});
  }
}

/// The fastest tactic of every problem.
std::map<KeyBytes, TimingCacheValue> best_of(const std::string& text) {
  std::map<KeyBytes, TimingCacheValue> best;
  for_each_line(text, [&](const Line& line) {
    // A bound is worth less than any time.
    const TimingCacheValue value{hash64(line.tactic), line.at_least ? std::numeric_limits<float>::infinity() : line.ms};
    const auto [at, inserted] = best.try_emplace(hash_key(line.place), value);
    if (!inserted && value.timingMSec < at->second.timingMSec) at->second = value;
  });
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

// The other tactics of the problem keep their place with a time that none can be slower than: they are then neither
// chosen nor timed again.
bool TimingCache::update(TimingCacheKey const& key, TimingCacheValue const& value) noexcept {
  return guarded(reporter_, [&] {
    KeyBytes wanted;
    std::memcpy(wanted.data(), key.data, wanted.size());
    const std::string text = cache_->serialize();
    bool known = false, found = false;
    for_each_line(text, [&](const Line& line) {
      if (hash_key(line.place) != wanted) return;
      known = true;
      found = found || hash64(line.tactic) == value.tacticHash;
    });
    if (!known) throw Error(ErrorCode::kInvalidArgument, "the timing cache has no entry of that key; see queryKeys");
    if (!found)
      throw Error(ErrorCode::kInvalidArgument, "no tactic of that entry has the hash ", value.tacticHash,
                  "; tactics are those that were timed");
    if (!(value.timingMSec >= 0))
      throw Error(ErrorCode::kInvalidArgument, "the time of a tactic is ", value.timingMSec, " ms");
    for_each_line(text, [&](const Line& line) {
      if (hash_key(line.place) != wanted) return;
      const bool chosen = hash64(line.tactic) == value.tacticHash;
      const size_t version = line.tactic.rfind(" v");
      cache_->insert(
          {std::string(line.target), std::string(line.problem)},
          {std::string(line.tactic.substr(0, version)), std::atoi(std::string(line.tactic.substr(version + 2)).c_str()),
           chosen ? double{value.timingMSec} : std::numeric_limits<double>::infinity()});
    });
  });
}

}  // namespace dvt::api
