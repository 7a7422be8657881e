#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dvt::builder {

/// Measured times of tactics, keyed by target and problem string: the same cache and model give the same plan.
///
/// The serialized form is text that a person can read, sort and diff: one line
/// `<tactic> v<version> <milliseconds> <target key>\t<problem>` under a header with a checksum. A time with a + behind
/// it is the least that the tactic takes: it was given up, or not tried, because another one is faster.
/// \threadsafety All methods lock; one cache may serve several builds.
class TimingCache {
 public:
  struct Key {
    std::string target, problem;
    auto operator<=>(const Key&) const = default;
  };
  struct Entry {
    std::string tactic;
    int version = 1;
    double milliseconds = 0;
    bool at_least = false;
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  std::optional<Entry> find(const Key& key, std::string_view tactic, int version) const;
  void insert(const Key& key, Entry entry);
  size_t size() const;
  void clear();
  /// Adds the other's entries; on a conflict `other` wins.
  void combine(const TimingCache& other);
  std::string serialize() const;
  /// Reads serialize()'s form. A foreign or damaged text gives an empty cache and says why in `warning`; never throws
  /// for content.
  static TimingCache* deserialize(std::string_view text, std::string* warning);

 private:
  mutable std::mutex mutex_;
  std::map<Key, std::vector<Entry>> entries_;
};

}  // namespace dvt::builder
