#include "runtime/memory_planner.h"

#include <gtest/gtest.h>

#include <random>

#include "base/error.h"

namespace dvt::runtime {
namespace {

size_t aligned(size_t n) { return (n + 63) / 64 * 64; }

void expect_sound(const std::vector<BufferRequest>& requests, const MemoryPlan& plan) {
  ASSERT_EQ(plan.offsets.size(), requests.size());
  EXPECT_GE(plan.total_bytes, plan.lower_bound);
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(plan.offsets[i] % MemoryPlan::kAlignment, 0u);
    EXPECT_LE(plan.offsets[i] + requests[i].bytes, plan.total_bytes);
    for (size_t k = 0; k < i; ++k) {
      const bool together = requests[i].first <= requests[k].last && requests[k].first <= requests[i].last;
      const bool overlap = plan.offsets[i] < plan.offsets[k] + requests[k].bytes &&
                           plan.offsets[k] < plan.offsets[i] + requests[i].bytes;
      EXPECT_FALSE(together && overlap) << i << " and " << k;
    }
  }
}

TEST(MemoryPlanner, NothingNeedsNothing) {
  EXPECT_EQ(plan_memory({}).total_bytes, 0u);
  const std::vector<BufferRequest> empty = {{0, 0, 3}};
  EXPECT_EQ(plan_memory(empty).total_bytes, 0u);
}

TEST(MemoryPlanner, AChainTakesTwoBuffers) {
  const std::vector<BufferRequest> chain = {{1000, 0, 1}, {1000, 1, 2}, {1000, 2, 3}, {1000, 3, 4}};
  const MemoryPlan plan = plan_memory(chain);
  expect_sound(chain, plan);
  EXPECT_EQ(plan.total_bytes, 2 * aligned(1000));
  EXPECT_EQ(plan.lower_bound, plan.total_bytes);
}

// Steps   0    1    2    3
// a 640   x    x
// b 128        x    x
// c 320             x    x
// d  64   x    x    x    x
TEST(MemoryPlanner, TheBoundIsTheMostThatIsAliveAtOneStep) {
  const std::vector<BufferRequest> requests = {{640, 0, 1}, {128, 1, 2}, {320, 2, 3}, {64, 0, 3}};
  EXPECT_EQ(plan_memory(requests).lower_bound, 640u + 128 + 64);  // at step 1
  // Sizes count as they are placed, in whole lines.
  EXPECT_EQ(plan_memory(std::vector<BufferRequest>{{1, 0, 0}, {65, 0, 0}}).lower_bound, 64u + 128);
  // What ends where another begins is alive with it; what ended before is not.
  EXPECT_EQ(plan_memory(std::vector<BufferRequest>{{64, 0, 4}, {64, 4, 5}}).lower_bound, 128u);
  EXPECT_EQ(plan_memory(std::vector<BufferRequest>{{64, 0, 3}, {64, 4, 5}}).lower_bound, 64u);
  // Nothing of no size counts, and no step between needs anything.
  EXPECT_EQ(plan_memory(std::vector<BufferRequest>{{0, 0, 9}, {64, 2, 2}, {64, 7, 7}}).lower_bound, 64u);
}

TEST(MemoryPlanner, RandomRequestsAreSoundAndNearTheBound) {
  std::mt19937 random(3);
  double worst = 1;
  for (int round = 0; round < 50; ++round) {
    std::vector<BufferRequest> requests;
    for (int i = 0; i < 60; ++i) {
      const auto first = static_cast<int32_t>(random() % 50);
      requests.push_back({random() % 5000, first, first + static_cast<int32_t>(random() % 8)});
    }
    const MemoryPlan plan = plan_memory(requests);
    expect_sound(requests, plan);
    worst = std::max(worst, static_cast<double>(plan.total_bytes) / static_cast<double>(plan.lower_bound));
    EXPECT_EQ(plan.offsets, plan_memory(requests).offsets);
  }
  EXPECT_LT(worst, 1.1);
}

TEST(MemoryPlanner, ManyRequests) {
  std::vector<BufferRequest> requests;
  for (int i = 0; i < 20000; ++i) requests.push_back({static_cast<size_t>(i % 7 + 1) * 64, i, i + 2});
  EXPECT_LE(plan_memory(requests).total_bytes, 3u * 8 * 64);
}

TEST(MemoryPlanner, RefusesMoreThanAnAddressSpace) {
  const std::vector<BufferRequest> huge(8, {size_t{1} << 45, 0, 0});
  EXPECT_THROW(plan_memory(huge), Error);
}

}  // namespace
}  // namespace dvt::runtime
