#include "cpu_network.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>
#include <vector>

#include "backend/cpu/cpu.h"
#include "documents.h"
#include "runtime/context.h"

namespace dvt::runtime {
namespace {

std::vector<float> run(Context& context, const std::vector<float>& x) {
  const auto batch = static_cast<int64_t>(x.size() / 75);
  std::vector<float> y(static_cast<size_t>(batch) * 10);
  context.set_input_shape("x", std::vector<int64_t>{batch, 3, 5, 5});
  context.set_address("x", const_cast<float*>(x.data()));
  context.set_address("y", y.data());
  const Status status = context.enqueue(nullptr);
  EXPECT_TRUE(status.ok()) << status.error().what();
  return y;
}

std::vector<float> picture(int64_t batch) {
  std::vector<float> x(static_cast<size_t>(batch) * 75);
  for (size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i));
  return x;
}

TEST(CpuNetwork, RowsOfABatchAreWhatEachGivesAlone) {
  const auto context = Engine::load(plan_of(small_cpu_network()), cpu::device())->create_context();
  const std::vector<float> x = picture(4), y = run(*context, x);
  for (size_t row = 0; row < 4; ++row) {
    const std::vector<float> alone = run(
        *context, {x.begin() + static_cast<ptrdiff_t>(row * 75), x.begin() + static_cast<ptrdiff_t>(row * 75 + 75)});
    float sum = 0;
    for (size_t i = 0; i < 10; ++i) {
      EXPECT_NEAR(alone[i], y[row * 10 + i], 1e-6f);
      sum += alone[i];
    }
    EXPECT_NEAR(sum, 1.f, 1e-5f);
  }
}

TEST(CpuNetwork, ContextsOfSeveralThreadsShareOneEngine) {
  const auto engine = Engine::load(plan_of(small_cpu_network()), cpu::device());
  const std::vector<float> x = picture(3), expected = run(*engine->create_context(), x);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      const auto context = engine->create_context();
      for (int i = 0; i < 30; ++i) EXPECT_EQ(run(*context, x), expected);
    });
  for (std::thread& t : threads) t.join();
}

}  // namespace
}  // namespace dvt::runtime
