#include "base/thread_count.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/knobs.h"
#include "base/thread_pool.h"

namespace dvt {
namespace {

std::string read_or_empty(const std::string& path) {
  try {
    return read_text_file(path, size_t{1} << 20);
  } catch (const Error&) {
    return {};  // no control groups, or none of this version
  }
}

// Takes the text up to `separator`, and the separator, off the front.
std::string_view next_field(std::string_view& text, char separator) {
  const size_t end = text.find(separator);
  const std::string_view field = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return field;
}

std::optional<double> number(std::string_view text) {
  double v = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
  return error == std::errc() && end != text.data() ? std::optional<double>(v) : std::nullopt;
}

// quota / period; nothing for "max" or -1.
std::optional<double> ratio(std::string_view quota, std::string_view period) {
  const auto q = number(quota), p = number(period);
  if (!q || !p || *q <= 0 || *p <= 0) return std::nullopt;
  return *q / *p;
}

std::optional<double> quota_of_folder(const std::string& folder) {
  const std::string max = read_or_empty(folder + "/cpu.max");  // version 2: "200000 100000"
  if (!max.empty()) {
    std::string_view rest = max;
    const std::string_view quota = next_field(rest, ' ');
    return ratio(quota, rest);
  }
  return ratio(read_or_empty(folder + "/cpu.cfs_quota_us"), read_or_empty(folder + "/cpu.cfs_period_us"));
}

bool has_cpu_controller(std::string_view controllers) {
  while (!controllers.empty())
    if (next_field(controllers, ',') == "cpu") return true;
  return false;
}

// Tightest quota from the group's folder up to the mount. A container may see the path its host sees, below a mount
// that starts at its own group: what is not there is passed over.
std::optional<double> tightest(const std::string& mount, std::string path) {
  std::optional<double> least;
  while (true) {
    if (const auto q = quota_of_folder(mount + path)) least = least ? std::min(*least, *q) : *q;
    if (path.empty()) return least;
    path.resize(path.find_last_of('/') == std::string::npos ? 0 : path.find_last_of('/'));
  }
}

int affinity_count() {
  // The mask of a machine with more CPUs than cpu_set_t holds needs a larger set.
  for (size_t cpus = CPU_SETSIZE; cpus <= size_t{1} << 16; cpus *= 2) {
    cpu_set_t* set = CPU_ALLOC(cpus);
    if (!set) break;
    const size_t size = CPU_ALLOC_SIZE(cpus);
    const int count = ::sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    if (count > 0) return count;
  }
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

}  // namespace

std::optional<double> cgroup_cpu_quota(const std::string& root) {
  const std::string groups = read_or_empty(root + "/proc/self/cgroup");  // lines "hierarchy:controllers:path"
  std::optional<double> least;
  for (std::string_view lines = groups; !lines.empty();) {
    std::string_view line = next_field(lines, '\n');
    const std::string_view hierarchy = next_field(line, ':'), controllers = next_field(line, ':');
    std::string path(line == "/" ? "" : line);
    std::vector<std::string> mounts;
    if (hierarchy == "0" && controllers.empty())
      mounts = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    else if (has_cpu_controller(controllers))
      mounts = {concat("/sys/fs/cgroup/", controllers), "/sys/fs/cgroup/cpu"};
    for (const std::string& mount : mounts)
      if (const auto q = tightest(root + mount, path)) least = least ? std::min(*least, *q) : *q;
  }
  return least;
}

int default_thread_count() {
  if (knobs().DOVETAIL_THREADS > 0)
    return static_cast<int>(std::min<int64_t>(knobs().DOVETAIL_THREADS, ThreadPool::kMaxThreads));
  int count = std::min(affinity_count(), ThreadPool::kMaxThreads);
  if (const auto quota = cgroup_cpu_quota()) count = std::min(count, std::max(1, static_cast<int>(std::ceil(*quota))));
  return count;
}

}  // namespace dvt
