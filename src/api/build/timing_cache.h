#pragma once
#include <memory>
#include <utility>

#include "api/reporter.h"
#include "builder/tune/timing_cache.h"

#include <dovetail/timing_cache.h>

namespace dvt::api {

class TimingCache final : public ITimingCache {
 public:
  TimingCache(std::shared_ptr<builder::TimingCache> cache, const Reporter& reporter)
      : cache_(std::move(cache)), reporter_(reporter) {}

  IHostMemory* serialize() const noexcept override;
  bool combine(ITimingCache const& other, bool ignoreMismatch) noexcept override;
  bool reset() noexcept override;
  int64_t queryKeys(TimingCacheKey* keys, int64_t capacity) const noexcept override;
  TimingCacheValue query(TimingCacheKey const& key) const noexcept override;
  bool update(TimingCacheKey const& key, TimingCacheValue const& value) noexcept override;

  const std::shared_ptr<builder::TimingCache>& get() const { return cache_; }

 private:
  std::shared_ptr<builder::TimingCache> cache_;
  Reporter reporter_;
};

}  // namespace dvt::api
