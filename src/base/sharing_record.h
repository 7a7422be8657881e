#pragma once
#include <algorithm>
#include <cstdint>

namespace dvt {

/// What sharing jobs has gained and lost lately: whether the next one is better done alone.
///
/// Where the system has taken a worker's core away in the middle of its piece, the owner of the job waits for the rest
/// of another program's time slice. Sharing goes on while it gains more than that; after a net loss jobs are done alone
/// for a while, longer each time, so that two threads on one core are never much slower than one thread.
class SharingRecord {
 public:
  static constexpr int64_t kPatienceNs = 300'000;       ///< Net loss that is borne: less than a time slice.
  static constexpr int64_t kMostCreditNs = 12'000'000;  ///< So that a single stall amid gains is borne.
  static constexpr int64_t kFirstRestNs = 8'000'000, kLongestRestNs = 64'000'000;

  bool rests(int64_t now_ns) const { return now_ns < rest_until_; }

  /// A shared job from `begin` to `end`; its owner found nothing left to do at `idle`, after `own` of `count` indices.
  /// `lost` is what it spent on workers that did not run: on calling them, or on waiting for their pieces.
  void add(int64_t begin, int64_t idle, int64_t end, int64_t own, int64_t count, int64_t lost) {
    if (own > 0) {
      const double alone = static_cast<double>(idle - begin) * static_cast<double>(count) / static_cast<double>(own);
      const double gain = std::clamp(alone - static_cast<double>(end - begin), 0.0, double{kMostCreditNs});
      credit_ = std::min(credit_ + static_cast<int64_t>(gain), kMostCreditNs);
    }
    if (credit_ == kMostCreditNs) rest_ = kFirstRestNs;
    credit_ -= lost;
    if (credit_ >= -kPatienceNs) return;
    credit_ = 0;
    rest_until_ = end + rest_;
    rest_ = std::min(2 * rest_, kLongestRestNs);
  }

  /// While one lives, jobs that this thread begins are shared whatever the record says: measurements want one answer.
  class Ignored {
   public:
    Ignored() { ++count(); }
    ~Ignored() { --count(); }
    Ignored(const Ignored&) = delete;
    Ignored& operator=(const Ignored&) = delete;
    static bool any() { return count() > 0; }

   private:
    static int& count() {
      static thread_local int living = 0;
      return living;
    }
  };

 private:
  int64_t credit_ = 0, rest_until_ = 0, rest_ = kFirstRestNs;
};

}  // namespace dvt
