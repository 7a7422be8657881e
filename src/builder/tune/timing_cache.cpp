#include "builder/tune/timing_cache.h"

#include <algorithm>
#include <charconv>

#include "base/concat.h"
#include "base/hash.h"

namespace dvt::builder {
namespace {

constexpr std::string_view kMagic = "# dovetail timing cache 2";

std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::string_view take_word(std::string_view& line, char delimiter) {
  const size_t end = line.find(delimiter);
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  return word;
}

template <class T>
bool parse_number(std::string_view text, T& value) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  return ec == std::errc() && end == text.data() + text.size();
}

struct Line {
  TimingCache::Key key;
  TimingCache::Entry entry;
};

// "<tactic> v<version> <milliseconds>[+] <target>\t<problem>"
bool parse_line(std::string_view text, Line& out) {
  out.entry.tactic = take_word(text, ' ');
  const std::string_view version = take_word(text, ' ');
  if (!version.starts_with('v') || !parse_number(version.substr(1), out.entry.version)) return false;
  std::string_view time = take_word(text, ' ');
  out.entry.at_least = time.ends_with('+');
  if (out.entry.at_least) time.remove_suffix(1);
  if (!parse_number(time, out.entry.milliseconds) || !(out.entry.milliseconds >= 0)) return false;
  out.key.target = take_word(text, '\t');
  out.key.problem = text;
  return !out.entry.tactic.empty() && !out.key.problem.empty();
}

}  // namespace

std::optional<TimingCache::Entry> TimingCache::find(const Key& key, std::string_view tactic, int version) const {
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(key);
  if (it == entries_.end()) return std::nullopt;
  for (const Entry& e : it->second)
    if (e.tactic == tactic && e.version == version) return e;
  return std::nullopt;
}

void TimingCache::insert(const Key& key, Entry entry) {
  const std::lock_guard lock(mutex_);
  std::vector<Entry>& list = entries_[key];
  const auto it = std::find_if(list.begin(), list.end(), [&](const Entry& e) { return e.tactic == entry.tactic; });
  if (it == list.end())
    list.push_back(std::move(entry));
  else
    *it = std::move(entry);
}

size_t TimingCache::size() const {
  const std::lock_guard lock(mutex_);
  size_t n = 0;
  for (const auto& [key, list] : entries_) n += list.size();
  return n;
}

void TimingCache::clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
}

void TimingCache::combine(const TimingCache& other) {
  if (&other == this) return;
  std::map<Key, std::vector<Entry>> copy;
  {
    const std::lock_guard lock(other.mutex_);
    copy = other.entries_;
  }
  for (auto& [key, list] : copy)
    for (Entry& e : list) insert(key, std::move(e));
}

std::string TimingCache::serialize() const {
  const std::lock_guard lock(mutex_);
  std::string body;
  for (const auto& [key, list] : entries_) {
    std::vector<Entry> sorted = list;
    std::sort(sorted.begin(), sorted.end(), [](const Entry& a, const Entry& b) { return a.tactic < b.tactic; });
    for (const Entry& e : sorted)
      body += concat(e.tactic, " v", e.version, " ", e.milliseconds, e.at_least ? "+ " : " ", key.target, "\t",
                     key.problem, "\n");
  }
  return concat(kMagic, " checksum ", hash128(std::string_view(body)), "\n", body);
}

TimingCache* TimingCache::deserialize(std::string_view text, std::string* warning) {
  auto* cache = new TimingCache;
  if (text.empty()) return cache;
  std::string_view header = take_line(text);
  const auto refuse = [&](std::string_view why) {
    *warning = concat("the timing cache is ignored: ", why, "; problems will be timed again");
    cache->clear();
    return cache;
  };
  if (!header.starts_with(kMagic)) return refuse("it is not one of this library's version");
  header.remove_prefix(kMagic.size());
  if (header != concat(" checksum ", hash128(std::string_view(text))))
    return refuse("its checksum does not match, the file was altered or cut off");
  for (int number = 2; !text.empty(); ++number) {
    Line line;
    if (!parse_line(take_line(text), line)) return refuse(concat("line ", number, " cannot be read"));
    cache->insert(line.key, std::move(line.entry));
  }
  return cache;
}

}  // namespace dvt::builder
