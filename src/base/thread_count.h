#pragma once
#include <optional>
#include <string>

namespace dvt {

/// Threads for this process where the user names no number: DOVETAIL_THREADS if set, else the CPUs that its affinity
/// mask allows, but no more than its cgroup's CPU quota (rounded up). At least 1.
int default_thread_count();

/// The CPU quota of this process's control group and of those above it, in CPUs; nothing when there is none.
/// Reads cgroup version 1 and 2. `root` goes before /proc and /sys, for tests.
std::optional<double> cgroup_cpu_quota(const std::string& root = "");

}  // namespace dvt
