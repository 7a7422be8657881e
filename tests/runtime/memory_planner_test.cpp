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
  EXPECT_LT(worst, 1.35);
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
