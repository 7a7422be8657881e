#pragma once
#include <atomic>
#include <cstdint>

namespace dovetail::test {

/// Calls of the C allocator and of pthread_mutex_lock by any thread of this process so far.
extern std::atomic<int64_t> allocations, locks;

/// From now on every system call of every thread other than futex() and the end of the process ends it with
/// kForbiddenCall and a line on stderr. False where the system has no such filters.
bool forbid_system_calls();
constexpr int kForbiddenCall = 3;

/// False in a program with a sanitizer, which has an allocator, locks and system calls of its own.
bool hooks_work();

}  // namespace dovetail::test
