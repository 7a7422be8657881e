#pragma once

#include <dovetail/host_memory.h>

namespace DOVETAIL_NAMESPACE {

/// Names one entry of a timing cache: a hash of the problem string with its target.
struct TimingCacheKey {
  uint8_t data[16];
};

/// The choice made for a problem.
struct TimingCacheValue {
  uint64_t tacticHash;
  float timingMSec;  ///< Milliseconds; +infinity stands for a tactic that is not to be used.
};

/// The times of tactics, kept so that a later build is fast and gives the same plan. Owned by the caller.
/// The serialized form is text: one problem a line.
class ITimingCache : public INoCopy {
 public:
  virtual ~ITimingCache() noexcept = default;
  void destroy() noexcept { delete this; }

  /// \return The bytes, owned by the caller.
  virtual IHostMemory* serialize() const noexcept = 0;
  /// Adds the entries of another cache; on a conflict this cache keeps its own.
  /// \param ignoreMismatch  Take the entries even when the other cache was made on another target.
  virtual bool combine(ITimingCache const& inputCache, bool ignoreMismatch) noexcept = 0;
  /// Forgets everything.
  virtual bool reset() noexcept = 0;

  /// Copies up to capacity keys. \return How many entries there are, or -1 on failure.
  virtual int64_t queryKeys(TimingCacheKey* keyBuffer, int64_t capacity) const noexcept = 0;
  /// tacticHash is 0 when there is no such entry.
  virtual TimingCacheValue query(TimingCacheKey const& key) const noexcept = 0;
  /// Replaces the choice of an entry. \return False when there is no such entry or no such tactic.
  virtual bool update(TimingCacheKey const& key, TimingCacheValue const& value) noexcept = 0;
};

}  // namespace DOVETAIL_NAMESPACE
