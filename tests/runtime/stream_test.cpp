#include "runtime/stream.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace dvt::runtime {
namespace {

TEST(Stream, KeepsOrderWhenManyArePending) {
  struct Item {
    std::vector<int>* log;
    int number;
  };
  std::vector<int> log;
  std::vector<Item> items;
  for (int i = 0; i < 200; ++i) items.push_back({&log, i});
  std::atomic<bool> gate{false};
  ThreadStream stream;
  stream.enqueue([](void* g) { static_cast<std::atomic<bool>*>(g)->wait(false); }, &gate);
  for (Item& item : items)
    stream.enqueue(
        [](void* p) {
          auto* i = static_cast<Item*>(p);
          i->log->push_back(i->number);
        },
        &item);
  EXPECT_FALSE(stream.idle());
  gate = true;
  gate.notify_all();
  stream.synchronize();
  EXPECT_TRUE(stream.idle());
  ASSERT_EQ(log.size(), 200u);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(log[static_cast<size_t>(i)], i);
}

TEST(Stream, DestructorWaitsForPendingWork) {
  std::atomic<int> count{0};
  {
    ThreadStream stream;
    for (int i = 0; i < 50; ++i) stream.enqueue([](void* c) { ++*static_cast<std::atomic<int>*>(c); }, &count);
  }
  EXPECT_EQ(count, 50);
}

TEST(Stream, TakesWorkFromSeveralThreads) {
  std::atomic<int> count{0};
  ThreadStream stream;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) stream.enqueue([](void* c) { ++*static_cast<std::atomic<int>*>(c); }, &count);
      stream.synchronize();
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(count, 400);
}

TEST(Stream, WaitsForRoomWhenItsRingIsFull) {
  struct Log {
    std::array<int, 3> next{};  // of each thread
    bool in_order = true;
  };
  struct Item {
    Log* log;
    int thread, number;
  };
  constexpr int kEach = 3000;
  Log log;
  std::vector<Item> items;
  for (int t = 0; t < 3; ++t)
    for (int i = 0; i < kEach; ++i) items.push_back({&log, t, i});
  std::atomic<bool> gate{false};
  ThreadStream stream;
  stream.enqueue([](void* g) { static_cast<std::atomic<bool>*>(g)->wait(false); }, &gate);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i)
        stream.enqueue(
            [](void* p) {
              const auto* item = static_cast<Item*>(p);
              int& next = item->log->next[static_cast<size_t>(item->thread)];
              item->log->in_order &= next++ == item->number;
            },
            &items[static_cast<size_t>(t * kEach + i)]);
    });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  gate = true;
  gate.notify_all();
  for (std::thread& t : threads) t.join();
  stream.synchronize();
  EXPECT_TRUE(log.in_order);
  for (int next : log.next) EXPECT_EQ(next, kEach);
}

}  // namespace
}  // namespace dvt::runtime
