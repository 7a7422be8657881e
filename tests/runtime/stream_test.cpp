#include "runtime/stream.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace dvt::runtime {
namespace {

TEST(Stream, KeepsOrderBeyondItsFirstCapacity) {
  struct Item {
    std::vector<int>* log;
    int number;
  };
  std::vector<int> log;
  std::vector<Item> items;
  for (int i = 0; i < 200; ++i) items.push_back({&log, i});
  std::atomic<bool> gate{false};
  Stream stream;
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
    Stream stream;
    for (int i = 0; i < 50; ++i) stream.enqueue([](void* c) { ++*static_cast<std::atomic<int>*>(c); }, &count);
  }
  EXPECT_EQ(count, 50);
}

TEST(Stream, TakesWorkFromSeveralThreads) {
  std::atomic<int> count{0};
  Stream stream;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) stream.enqueue([](void* c) { ++*static_cast<std::atomic<int>*>(c); }, &count);
      stream.synchronize();
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(count, 400);
}

}  // namespace
}  // namespace dvt::runtime
