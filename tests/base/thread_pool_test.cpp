#include "base/thread_pool.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/sharing_record.h"
#include "base/thread_count.h"

namespace dvt {
namespace {

TEST(ThreadPool, EveryIndexOnce) {
  for (int threads : {1, 2, 3, 8, 40}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (int64_t count : {0, 1, 2, 7, 17, 1000, 100000}) {
      std::vector<std::atomic<int>> seen(static_cast<size_t>(count));
      std::atomic<bool> bad_worker{false};
      pool.parallel_for(count, [&](int64_t i, int worker) {
        seen[static_cast<size_t>(i)].fetch_add(1, std::memory_order_relaxed);
        if (worker < 0 || worker >= threads) bad_worker = true;
      });
      for (const auto& s : seen) ASSERT_EQ(s.load(), 1);
      EXPECT_FALSE(bad_worker);
    }
  }
}

TEST(ThreadPool, ResultsAreVisibleAndWorkersAreDistinct) {
  ThreadPool pool(4);
  for (int round = 0; round < 2000; ++round) {
    std::vector<int64_t> plain(64, 0);  // not atomic: the join orders them
    int busy[4] = {};
    pool.parallel_for(64, [&](int64_t i, int worker) {
      EXPECT_EQ(busy[worker]++, 0);
      plain[static_cast<size_t>(i)] = i + round;
      --busy[worker];
    });
    for (int64_t i = 0; i < 64; ++i) ASSERT_EQ(plain[static_cast<size_t>(i)], i + round);
  }
}

TEST(ThreadPool, ThreadsHaveTheSamePartsInEveryJob) {
  ThreadPool pool(2);
  int helped = 0;
  for (int round = 0; round < 20; ++round) {
    std::atomic<bool> begun[4] = {};
    int by[4] = {};
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    // Of a part of two nobody takes more than one at once: the others' is left until one's own is done.
    pool.parallel_for(4, [&](int64_t i, int worker) {
      by[i] = worker;
      begun[i] = true;
      while (!begun[i ^ 2] && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    });
    if (by[0] == by[2]) continue;  // the worker came too late
    ++helped;
    EXPECT_EQ(by[0], 0);
    EXPECT_EQ(by[1], 0);
    EXPECT_EQ(by[2], 1);
    EXPECT_EQ(by[3], 1);
  }
  EXPECT_GT(helped, 0);
}

TEST(ThreadPool, SeveralCallersAtOnce) {
  ThreadPool pool(3);
  std::vector<std::thread> callers;
  std::atomic<int64_t> total{0};
  for (int c = 0; c < 4; ++c)
    callers.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        std::atomic<int64_t> sum{0};
        pool.parallel_for(20, [&](int64_t i, int) { sum += i; });
        total += sum.load();
      }
    });
  for (std::thread& t : callers) t.join();
  EXPECT_EQ(total, 4 * 500 * 190);
}

TEST(ThreadPool, JobsWithinJobs) {
  ThreadPool pool(3), other(2);
  std::atomic<int64_t> total{0};
  for (int round = 0; round < 100; ++round)
    pool.parallel_for(8, [&](int64_t, int) {
      pool.parallel_for(5, [&](int64_t i, int worker) {
        EXPECT_EQ(worker, 0);
        total += i;
      });
      other.parallel_for(5, [&](int64_t i, int) { total += i; });
    });
  EXPECT_EQ(total, 100 * 8 * 20);
}

TEST(ThreadPool, WakesWorkersThatSleep) {
  ThreadPool pool(2);
  int helped = 0;
  for (int round = 0; round < 20; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // longer than they spin
    std::atomic<bool> other{false};
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    pool.parallel_for(2, [&](int64_t, int worker) {
      if (worker != 0) other = true;
      while (worker == 0 && !other && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    });
    helped += other;
  }
  EXPECT_GT(helped, 0);
}

TEST(ThreadPool, IdleWorkersUseNoTime) {
  ThreadPool pool(4);
  std::atomic<int> sink{0};
  pool.parallel_for(100, [&](int64_t, int) { ++sink; });
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const auto cpu_ns = [] {
    timespec t{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
  };
  const auto before = cpu_ns();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_LT(cpu_ns() - before, 5'000'000) << "5 ms of CPU time in 100 ms of idling";
}

TEST(SharingRecord, SharesWhileThatGains) {
  SharingRecord record;
  int64_t now = 0;
  // The owner does half of each job of 2 ms; once in a while it waits 1 ms for a worker that does not run.
  for (int job = 0; job < 100; ++job, now += 2'000'000) {
    ASSERT_FALSE(record.rests(now));
    const int64_t stalled = job % 4 == 3 ? 1'000'000 : 0;
    record.add(now, now + 1'000'000, now + 1'000'000 + stalled, 8, 16, stalled);
  }
}

TEST(SharingRecord, RestsAfterALossAndLongerEachTime) {
  SharingRecord record;
  int64_t now = 0, rest_before = 0;
  for (int turn = 0; turn < 3; ++turn) {
    // The worker did one index of sixteen before it lost its core for 4 ms.
    record.add(now, now + 100'000, now + 4'100'000, 15, 16, 4'000'000);
    now += 4'100'000;
    ASSERT_TRUE(record.rests(now));
    const int64_t begin = now;
    while (record.rests(now)) now += 1'000'000;
    EXPECT_GE(now - begin, turn == 0 ? SharingRecord::kFirstRestNs : 2 * rest_before);
    rest_before = now - begin;
  }
  // Jobs that go well again end the long rests.
  for (int job = 0; job < 20; ++job, now += 1'000'000) record.add(now, now + 1'000'000, now + 1'000'000, 8, 16, 0);
  record.add(now, now + 100'000, now + 13'100'000, 15, 16, 13'000'000);
  EXPECT_TRUE(record.rests(now + 13'100'000));
  EXPECT_FALSE(record.rests(now + 13'100'000 + SharingRecord::kFirstRestNs));
}

TEST(SharingRecord, UnevenWorkIsNoLoss) {
  SharingRecord record;
  for (int64_t now = 0; now < 1'000'000'000; now += 10'000'000) {
    ASSERT_FALSE(record.rests(now));
    record.add(now, now + 1'000'000, now + 10'000'000, 1, 2, 0);  // the worker's index took ten times as long
  }
}

TEST(SharingRecord, IsIgnoredByOneThreadAtATime) {
  EXPECT_FALSE(SharingRecord::Ignored::any());
  {
    const SharingRecord::Ignored outer;
    { const SharingRecord::Ignored inner; }
    EXPECT_TRUE(SharingRecord::Ignored::any());
    std::thread([] { EXPECT_FALSE(SharingRecord::Ignored::any()); }).join();
  }
  EXPECT_FALSE(SharingRecord::Ignored::any());
}

TEST(ThreadPool, RefusesSillySizes) {
  EXPECT_THROW(ThreadPool(0), Error);
  EXPECT_THROW(ThreadPool(-1), Error);
  EXPECT_THROW(ThreadPool(ThreadPool::kMaxThreads + 1), Error);
}

TEST(ThreadPool, SharedPoolsAreSharedPerSize) {
  const auto a = shared_pool(2), b = shared_pool(2), c = shared_pool(3);
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
  EXPECT_EQ(c->threads(), 3);
}

#if !defined(__SANITIZE_THREAD__)
TEST(ThreadPool, AForkedChildGoesOnAlone) {
  auto pool = std::make_unique<ThreadPool>(3);
  std::atomic<int> sum{0};
  pool->parallel_for(10, [&](int64_t, int) { ++sum; });
  const pid_t child = ::fork();
  if (child == 0) {
    pool->parallel_for(10, [&](int64_t, int) { ++sum; });
    pool.reset();
    ::_exit(sum.load() == 20 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}
#endif

TEST(ThreadCount, IsAtLeastOneAndNoMoreThanTheMask) {
  EXPECT_GE(default_thread_count(), 1);
  EXPECT_LE(default_thread_count(), ThreadPool::kMaxThreads);
}

class Cgroup : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "dovetail-cgroup-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void put(const std::string& path, const std::string& content) {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << content;
  }
  std::string root_;
};

TEST_F(Cgroup, None) { EXPECT_EQ(cgroup_cpu_quota(root_), std::nullopt); }

TEST_F(Cgroup, Version2TakesTheTightestOnTheWayUp) {
  put("/proc/self/cgroup", "0::/user/app\n");
  put("/sys/fs/cgroup/user/app/cpu.max", "max 100000\n");
  EXPECT_EQ(cgroup_cpu_quota(root_), std::nullopt);
  put("/sys/fs/cgroup/user/cpu.max", "150000 100000\n");
  EXPECT_EQ(cgroup_cpu_quota(root_), 1.5);
  put("/sys/fs/cgroup/user/app/cpu.max", "400000 100000\n");
  EXPECT_EQ(cgroup_cpu_quota(root_), 1.5);
}

TEST_F(Cgroup, Version2InAContainer) {
  put("/proc/self/cgroup", "0::/\n");
  put("/sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_EQ(cgroup_cpu_quota(root_), 2.0);
}

TEST_F(Cgroup, Version1) {
  put("/proc/self/cgroup", "5:memory:/docker/1\n4:cpu,cpuacct:/docker/1\n0::/\n");
  put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "300000\n");  // the mount starts at the container's group
  put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cgroup_cpu_quota(root_), 3.0);
  put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(cgroup_cpu_quota(root_), std::nullopt);
}

TEST_F(Cgroup, OddFilesAreNoQuota) {
  put("/proc/self/cgroup", "\n:::\n0::\nx");
  put("/sys/fs/cgroup/cpu.max", "garbage");
  EXPECT_EQ(cgroup_cpu_quota(root_), std::nullopt);
}

}  // namespace
}  // namespace dvt
