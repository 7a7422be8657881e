#include "base/thread_pool.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/futex.h"
#include "base/sharing_record.h"
#include "base/spin.h"

namespace dvt {
namespace {

constexpr size_t kLine = 64;

int64_t now_ns() noexcept { return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1); }

}  // namespace

// One job at a time. Its fields are plain: the owner writes them while the gate is shut and nobody is inside; a worker
// reads them only between entering and leaving.
struct ThreadPool::State {
  // gate: how many workers are inside, and two flags.
  static constexpr uint32_t kOpen = 1u << 31;     // workers may enter
  static constexpr uint32_t kAwaited = 1u << 30;  // the owner sleeps until the last worker leaves
  static constexpr uint32_t kInside = kAwaited - 1;

  alignas(kLine) std::atomic<uint32_t> epoch{0};  // changes with every job; what idle workers watch
  std::atomic<uint32_t> sleepers{0};              // workers in the kernel, or about to be
  std::atomic<bool> stop{false};
  alignas(kLine) std::atomic<uint32_t> gate{0};
  // Each worker has a part of the indices and takes from the others' when it is through. So it has about the same part
  // in every job, and what a step of a network left in its core's caches is what it reads in the next one.
  struct alignas(kLine) Part {
    std::atomic<int64_t> next{0};  // first index not claimed
    int64_t end = 0;
  };
  static constexpr int kMostParts = 16;  // more are too much to set up; then workers share them
  Part parts[kMostParts];
  alignas(kLine) std::atomic_flag owned = ATOMIC_FLAG_INIT;
  Function fn = nullptr;
  void* context = nullptr;
  int64_t count = 0;
  int num_parts = 1;
  int64_t shares = 1;    // runs are one of so many shares of what is left of a part
  SharingRecord record;  // the owner's
  std::vector<std::thread> workers;
  pid_t process = ::getpid();

  bool enter() noexcept {
    uint32_t g = gate.load(std::memory_order_relaxed);
    while (g & kOpen)
      if (gate.compare_exchange_weak(g, g + 1, std::memory_order_acquire, std::memory_order_relaxed)) return true;
    return false;
  }

  void leave() noexcept {
    const uint32_t before = gate.fetch_sub(1, std::memory_order_release);
    if ((before & kAwaited) && (before & kInside) == 1) futex_wake(gate, 1);
  }

  /// Returns how many indices this thread did.
  int64_t work(int worker) noexcept {
    const int own = worker % num_parts;
    int64_t done = 0;
    for (int p = own; p < num_parts; ++p) done += work_on(parts[p], worker);
    for (int p = 0; p < own; ++p) done += work_on(parts[p], worker);
    return done;
  }

  int64_t work_on(Part& part, int worker) noexcept {
    int64_t done = 0;
    int64_t first = part.next.load(std::memory_order_relaxed);
    while (first < part.end) {
      const int64_t end = first + std::max<int64_t>(1, (part.end - first) / shares);
      if (!part.next.compare_exchange_weak(first, end, std::memory_order_relaxed)) continue;
      for (int64_t i = first; i < end; ++i) fn(context, i, worker);
      done += end - first;
      first = part.next.load(std::memory_order_relaxed);
    }
    return done;
  }

  void share_out() noexcept {
    const int threads = static_cast<int>(workers.size()) + 1;
    num_parts = static_cast<int>(std::min<int64_t>(count, std::min(threads, kMostParts)));
    shares = 4 * ((threads + num_parts - 1) / num_parts);
    const int64_t whole = count / num_parts, rest = count % num_parts;
    int64_t first = 0;
    for (int p = 0; p < num_parts; ++p) {
      parts[p].next.store(first, std::memory_order_relaxed);
      parts[p].end = first += whole + (p < rest);
    }
  }

  void publish(int64_t job_count, Function job, void* job_context) noexcept {
    fn = job;
    context = job_context;
    count = job_count;
    share_out();
    gate.store(kOpen, std::memory_order_release);
    // Either this sees a worker that is going to sleep, or that worker sees the new epoch: both are sequentially
    // consistent.
    epoch.fetch_add(1);
    if (const uint32_t asleep = sleepers.load())
      futex_wake(epoch, static_cast<int>(std::min<int64_t>(asleep, job_count - 1)));
  }

  // Shuts the gate, then waits for those inside; each has at most one run of indices left to do. Returns how long it
  // slept for them.
  int64_t finish() noexcept {
    uint32_t g = gate.fetch_and(~kOpen, std::memory_order_acquire) & ~kOpen;
    const auto empty = [&] { return (g = gate.load(std::memory_order_acquire)) == 0; };
    if (g == 0 || spin_until(empty)) return 0;
    const int64_t begin = now_ns();
    g = gate.fetch_or(kAwaited, std::memory_order_acquire) | kAwaited;
    while (g & kInside) {
      futex_wait(gate, g);
      g = gate.load(std::memory_order_acquire);
    }
    gate.store(0, std::memory_order_relaxed);
    return now_ns() - begin;
  }

  void serve(int worker) noexcept {
    uint32_t seen = 0;
    while (true) {
      await(seen);
      if (stop.load(std::memory_order_relaxed)) return;
      seen = epoch.load(std::memory_order_acquire);
      if (!enter()) continue;
      work(worker);
      leave();
    }
  }

  void await(uint32_t seen) noexcept {
    if (spin_until([&] { return epoch.load(std::memory_order_relaxed) != seen; })) return;
    sleepers.fetch_add(1);
    while (epoch.load() == seen) futex_wait(epoch, seen);
    sleepers.fetch_sub(1);
  }

  void end_workers() {
    stop.store(true, std::memory_order_relaxed);
    epoch.fetch_add(1);
    futex_wake(epoch, INT_MAX);
    // After fork() the child has no workers to wait for.
    for (std::thread& t : workers) ::getpid() == process ? t.join() : t.detach();
  }
};

ThreadPool::ThreadPool(int threads) : threads_(threads) {
  if (threads < 1 || threads > kMaxThreads)
    throw Error(ErrorCode::kInvalidArgument, "a thread pool has 1 to ", kMaxThreads, " threads, not ", threads);
  if (threads == 1) return;
  state_ = std::make_unique<State>();
  // Signals are for the application's own threads.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::string failure;
  try {
    state_->workers.reserve(static_cast<size_t>(threads - 1));
    for (int i = 1; i < threads; ++i) {
      state_->workers.emplace_back([state = state_.get(), i] { state->serve(i); });
      ::pthread_setname_np(state_->workers.back().native_handle(), "dovetail");
    }
  } catch (const std::system_error& e) {
    failure = concat("cannot start thread ", state_->workers.size() + 1, " of ", threads, ": ", e.what());
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (failure.empty()) return;
  state_->end_workers();
  throw Error(ErrorCode::kOutOfMemory, failure, "; ask for fewer threads");
}

ThreadPool::~ThreadPool() {
  if (state_) state_->end_workers();
}

void ThreadPool::run(int64_t count, Function fn, void* context) noexcept {
  const auto alone = [&] {
    for (int64_t i = 0; i < count; ++i) fn(context, i, 0);
  };
  if (count <= 1 || !state_ || state_->owned.test_and_set(std::memory_order_acquire)) return alone();
  const int64_t begin = now_ns();
  if (state_->record.rests(begin) && !SharingRecord::Ignored::any()) {
    alone();
  } else {
    state_->publish(count, fn, context);
    const int64_t called = now_ns() - begin, own = state_->work(0), idle = now_ns();
    // A worker that runs needs about as long for its last indices as this thread would have; what it takes beyond that
    // it was kept from running. Asking the system for its CPU time would be a call into it.
    const int64_t last =
        own == 0 ? INT64_MAX
                 : (idle - begin) / own * std::max<int64_t>(1, count / (state_->num_parts * state_->shares));
    const int64_t stalled = std::max<int64_t>(0, state_->finish() - last);
    // To call workers that then come too late is a loss, too.
    state_->record.add(begin, idle, now_ns(), own, count, own == count ? called : stalled);
  }
  state_->owned.clear(std::memory_order_release);
}

std::shared_ptr<ThreadPool> shared_pool(int threads) {
  // Never destroyed: pools may be asked for while the program ends.
  static auto& pools = *new std::map<int, std::weak_ptr<ThreadPool>>;
  static auto& mutex = *new std::mutex;
  const std::lock_guard lock(mutex);
  std::shared_ptr<ThreadPool> pool = pools[threads].lock();
  if (!pool) pools[threads] = pool = std::make_shared<ThreadPool>(threads);
  return pool;
}

}  // namespace dvt
