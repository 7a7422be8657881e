// A context of a network that takes microseconds runs it before it is asked to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "documents.h"
#include "fake_device.h"
#include "runtime/context.h"

namespace dvt::runtime {
namespace {

int runs = 0;

class Counting final : public backend::Kernel {
 public:
  void run(const backend::LaunchArgs&) const noexcept override { ++runs; }
};

const backend::Device& counting_device() {
  static const backend::Device device = [] {
    static const std::array<backend::Tactic, 1> kAll = {backend::Tactic{
        .name = "fake.reference",
        .supports = [](const backend::Problem&, const backend::Target&) { return backend::Support::yes(); },
        .create = [](const backend::Problem&, const backend::Target&) -> std::unique_ptr<backend::Kernel> {
          return std::make_unique<Counting>();
        }}};
    backend::Device d = fake_device();
    d.tactics = []() -> std::span<const backend::Tactic> { return kAll; };
    return d;
  }();
  return device;
}

plan::Document timed(plan::Document d, float ms) {
  for (plan::Step& s : d.steps) s.tuned_ms = ms;
  return d;
}

/// Kernels that run while a context is made.
int runs_before(const plan::Document& d, const ContextOptions& options = {}) {
  const auto engine = Engine::load(plan_of(d), counting_device());
  runs = 0;
  const auto context = engine->create_context(options);
  return runs;
}

TEST(WarmUp, IsForShortNetworks) {
  const plan::Document d = add_two();
  const auto steps = static_cast<int>(d.steps.size());
  EXPECT_GE(runs_before(timed(d, 0.001f)), steps);
  EXPECT_EQ(runs_before(timed(d, 2.0f)), 0);
  EXPECT_EQ(runs_before(timed(d, 0.0f)), 0);  // it was never timed
}

TEST(WarmUp, IsForContextsWithMemoryOfTheirOwn) {
  EXPECT_EQ(runs_before(timed(add_two(), 0.001f), {.own_memory = false}), 0);
}

TEST(WarmUp, IsForShapesThatAreKnownBeforeTheRun) { EXPECT_EQ(runs_before(timed(looped(), 0.001f)), 0); }

TEST(WarmUp, LeavesNoShapesBehind) {
  const auto context = Engine::load(plan_of(timed(add_two(), 0.001f)), counting_device())->create_context();
  EXPECT_THAT(context->tensor_shape("a"), testing::ElementsAre(-1, -1));
  EXPECT_THAT(context->infer_shapes(), testing::ElementsAre("a", "b", "c"));
}

TEST(WarmUp, ChangesNoResult) {
  const auto context = load_fake(timed(add_two(), 0.001f))->create_context();
  const std::array<float, 4> a{1, 2, 3, 4};
  const std::array<float, 2> b{10, 20};
  std::array<float, 4> sum{};
  context->set_input_shape("a", std::array<int64_t, 2>{2, 2});
  context->set_input_shape("b", std::array<int64_t, 2>{2, 1});
  context->set_input_shape("c", std::array<int64_t, 1>{4});
  context->set_address("a", const_cast<float*>(a.data()));
  context->set_address("b", const_cast<float*>(b.data()));
  std::array<float, 4> c{};
  context->set_address("c", c.data());
  context->set_address("sum", sum.data());
  ASSERT_TRUE(context->enqueue(nullptr).ok());
  EXPECT_THAT(sum, testing::ElementsAre(11, 12, 23, 24));
}

}  // namespace
}  // namespace dvt::runtime
