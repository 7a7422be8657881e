#pragma once
#include <cstdint>
#include <memory>
#include <type_traits>

namespace dvt {

/// Fork-join over the caller and threads() - 1 workers.
///
/// The caller takes part and never waits for a worker that has not begun: a job on a busy machine is at worst a plain
/// loop. Each thread claims its own part of the indices in shrinking runs, then what is left of the others', so that a
/// slow core holds nobody: jobs of like shape are split alike, and a thread finds what it wrote in its own caches. A
/// worker spins for some tens of microseconds after a job, then sleeps in the kernel.
/// docs/decisions/0002-thread-pool.md says why it is our own. \threadsafety Several threads may call run() at once: the
/// first has the workers, the others run their loop alone, as does a job that is started from within a job.
class ThreadPool {
 public:
  using Function = void (*)(void* context, int64_t index, int worker) noexcept;

  /// Throws Error(kInvalidArgument) unless 1 <= threads <= kMaxThreads, Error(kOutOfMemory) when the system has no
  /// more.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  static constexpr int kMaxThreads = 1024;
  int threads() const { return threads_; }

  /// Calls fn(context, index, worker) for each index in [0, count), in any order; returns when all have returned.
  /// No two calls of one job run at once with the same `worker`, which is in [0, threads()). Never allocates or locks.
  void run(int64_t count, Function fn, void* context) noexcept;

  /// f(int64_t index, int worker). An exception out of f ends the program.
  template <class F>
  void parallel_for(int64_t count, F&& f) noexcept {
    using Callable = std::remove_reference_t<F>;
    run(
        count, [](void* c, int64_t index, int worker) noexcept { (*static_cast<Callable*>(c))(index, worker); },
        const_cast<void*>(static_cast<const void*>(std::addressof(f))));
  }

 private:
  struct State;
  int threads_ = 1;
  std::unique_ptr<State> state_;  ///< None when there are no workers.
};

/// The process's pool of that many threads, created at first use and kept while someone holds it.
std::shared_ptr<ThreadPool> shared_pool(int threads);

}  // namespace dvt
