// Hand-off of a job to threads: our pool, and pthreadpool and oneTBB where they are installed.
//   hot: jobs follow each other; cold: workers had 1 ms to fall asleep; callers: two user threads share one pool.
// The argument is the number of threads. Read minima (--benchmark_repetitions): a busy machine only adds.
#include <benchmark/benchmark.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/thread_pool.h"
#ifdef DOVETAIL_BENCH_PTHREADPOOL
#include <pthreadpool.h>
#endif
#ifdef DOVETAIL_BENCH_TBB
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#endif

namespace {

using Clock = std::chrono::steady_clock;

// About `ns` nanoseconds of work that touches no memory.
void burn(int64_t ns) {
  const auto end = Clock::now() + std::chrono::nanoseconds(ns);
  while (Clock::now() < end) {
  }
}

struct Ours {
  explicit Ours(int threads) : pool(threads) {}
  void run(int64_t count, int64_t ns) {
    pool.parallel_for(count, [ns](int64_t, int) {
      if (ns > 0) burn(ns);
    });
  }
  dvt::ThreadPool pool;
};

#ifdef DOVETAIL_BENCH_PTHREADPOOL
struct Pthreadpool {
  explicit Pthreadpool(int threads) : pool(pthreadpool_create(static_cast<size_t>(threads))) {}
  ~Pthreadpool() { pthreadpool_destroy(pool); }
  void run(int64_t count, int64_t ns) {
    pthreadpool_parallelize_1d(
        pool,
        [](void* context, size_t) {
          if (const int64_t n = *static_cast<int64_t*>(context)) burn(n);
        },
        &ns, static_cast<size_t>(count), 0);
  }
  pthreadpool_t pool;
};
#endif

#ifdef DOVETAIL_BENCH_TBB
struct Tbb {
  explicit Tbb(int threads) : arena(threads) {}
  void run(int64_t count, int64_t ns) {
    arena.execute([&] {
      tbb::parallel_for(tbb::blocked_range<int64_t>(0, count, 1), [ns](const tbb::blocked_range<int64_t>& r) {
        for (int64_t i = r.begin(); i < r.end(); ++i)
          if (ns > 0) burn(ns);
      });
    });
  }
  tbb::task_arena arena;
};
#endif

template <class Pool>
void hot_empty(benchmark::State& state) {
  Pool pool(static_cast<int>(state.range(0)));
  for (auto _ : state) pool.run(state.range(0), 0);
}

// 64 pieces of 2 us: the ideal is 128 us / threads.
template <class Pool>
void hot_128us(benchmark::State& state) {
  Pool pool(static_cast<int>(state.range(0)));
  for (auto _ : state) pool.run(64, 2000);
}

template <class Pool>
void cold_128us(benchmark::State& state) {
  Pool pool(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const auto begin = Clock::now();
    pool.run(64, 2000);
    state.SetIterationTime(std::chrono::duration<double>(Clock::now() - begin).count());
  }
}

// Two user threads, each with jobs of 128 us. "jobs" is what both got done per second, "share" the second one's part.
template <class Pool>
void callers_128us(benchmark::State& state) {
  Pool pool(static_cast<int>(state.range(0)));
  std::atomic<bool> stop{false};
  std::atomic<int64_t> others{0};
  std::thread other([&] {
    for (; !stop; ++others) pool.run(64, 2000);
  });
  for (auto _ : state) pool.run(64, 2000);
  const auto jobs = static_cast<double>(others + state.iterations());
  state.counters["share"] = static_cast<double>(others) / jobs;
  state.counters["jobs"] = benchmark::Counter(jobs, benchmark::Counter::kIsRate);
  stop = true;
  other.join();
}

#define POOL_BENCHMARKS(Pool)                                        \
  BENCHMARK(hot_empty<Pool>)->Arg(2)->Arg(8)->UseRealTime();         \
  BENCHMARK(hot_128us<Pool>)->Arg(1)->Arg(2)->Arg(8)->UseRealTime(); \
  BENCHMARK(cold_128us<Pool>)->Arg(2)->Arg(8)->UseManualTime();      \
  BENCHMARK(callers_128us<Pool>)->Arg(2)->Arg(8)->UseRealTime();

POOL_BENCHMARKS(Ours)
#ifdef DOVETAIL_BENCH_PTHREADPOOL
POOL_BENCHMARKS(Pthreadpool)
#endif
#ifdef DOVETAIL_BENCH_TBB
POOL_BENCHMARKS(Tbb)
#endif

}  // namespace

BENCHMARK_MAIN();
