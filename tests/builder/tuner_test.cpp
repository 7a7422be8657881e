// What is timed, what is spared, and what is remembered. Kernels here count their runs and compute nothing.
#include "builder/tune/tuner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <thread>

#include "build_support.h"
#include "ops/all_ops.h"

namespace dvt::builder {
namespace {

constexpr int kTactics = 5;
std::array<int, kTactics> runs;
double now = 0, tick = 0;
double peak = 1e9;
std::chrono::milliseconds pause{0};  ///< What a run takes.
std::array<int, kTactics> stalls;    ///< How many runs to begin with lose the core for a while.

int total_runs() {
  int n = 0;
  for (int r : runs) n += r;
  return n;
}

class Counting final : public backend::Kernel {
 public:
  explicit Counting(int number) : number_(number) {}
  void run(const backend::LaunchArgs&) const noexcept override {
    const auto k = static_cast<size_t>(number_);
    const auto end = std::chrono::steady_clock::now() + pause;
    if (runs[k]++ < stalls[k]) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    while (std::chrono::steady_clock::now() < end) continue;
  }

 private:
  int number_;
};

template <int kNumber>
backend::Tactic counting(std::string_view name, double work) {
  backend::Tactic t{};
  t.name = name;
  t.supports = [](const backend::Problem&, const backend::Target&) { return backend::Support::yes(); };
  t.create = [](const backend::Problem&, const backend::Target&) -> std::unique_ptr<backend::Kernel> {
    return std::make_unique<Counting>(kNumber);
  };
  t.work = work;
  return t;
}

/// Keeps constants at twice their size.
template <int kNumber>
backend::Tactic doubling(std::string_view name) {
  backend::Tactic t = counting<kNumber>(name, 1);
  t.packed_bytes = [](const backend::Problem& p, const backend::Target&, int input) {
    return p.inputs[static_cast<size_t>(input)].constant ? size_t{2 * 64 * 64 * 4} : 0;
  };
  return t;
}

std::span<const backend::Tactic> tactics() {
  static const std::array<backend::Tactic, kTactics + 1> kAll = {
      counting<0>("test.a", 1), counting<1>("test.b", 1), counting<2>("test.c", 0),
      counting<3>("test.d", 1), counting<4>("test.e", 1), cpu::device().tactics().back()};
  return kAll;
}

backend::Device counting_device() {
  backend::Device d = cpu::device();
  d.tactics = &tactics;
  d.peak_flops = [](const backend::Target&) { return peak; };
  return d;
}

struct TunerTest : ::testing::Test {
  TunerTest() {
    runs = {};
    now = tick = 0;
    stalls = {};
    pause = {};
    peak = 1e30;  // rules nothing out
    options.target = cpu::device().host_target(1);
    options.clock = [] { return now += tick; };
    options.timing_cache = &cache;
  }
  const Choice& choose(Tuner& tuner, const backend::Problem& p, double limit_ms = Tuner::kNoLimit) {
    return tuner.choose(p, {}, limit_ms);
  }
  void remember(const backend::Problem& p, std::string tactic, double ms) {
    cache.insert({backend::timing_key(options.target), to_string(p)}, {std::move(tactic), 1, ms});
  }

  const backend::Device device = counting_device();
  const backend::Problem problem = backend::parse_problem("softmax{axis=1} (f32[4,8]) -> f32[4,8]");
  TimingCache cache;
  BuildOptions options;
};

TEST_F(TunerTest, EqualProblemsAreTimedOnceWhateverTheirWeights) {
  const backend::Problem p = backend::parse_problem("matmul (f32[2,2], const f32[2,2]) -> f32[2,2]");
  const std::array<float, 4> one{1, 2, 3, 4}, other{5, 6, 7, 8};
  const std::array<std::span<const std::byte>, 2> a{std::span<const std::byte>(), std::as_bytes(std::span(one))},
      b{std::span<const std::byte>(), std::as_bytes(std::span(other))};
  Tuner tuner(options, device);
  const Choice& first = tuner.choose(p, a);
  const int before = total_runs();
  EXPECT_EQ(&tuner.choose(p, b), &first);
  EXPECT_EQ(total_runs(), before);
  EXPECT_EQ(tuner.timed(), kTactics);
}

TEST_F(TunerTest, LevelsDifferInWhatIsTimedAndHowOften) {
  const std::array<int, 6> timed{0, 2, 3, kTactics, kTactics, kTactics};
  for (int level = 0; level <= 5; ++level) {
    options.optimization_level = level;
    cache.clear();
    Tuner tuner(options, device);
    const Choice& c = choose(tuner, problem);
    EXPECT_EQ(tuner.timed(), timed[static_cast<size_t>(level)]) << "level " << level;
    EXPECT_EQ(c.timed, level > 0);
    if (level == 0) EXPECT_EQ(c.tactic->name, "test.a");
  }
  // Effort grows with the level in everything that it spends.
  for (int level = 1; level < 5; ++level) {
    const Effort less = effort_of(level), more = effort_of(level + 1);
    EXPECT_LE(less.candidates, more.candidates);
    EXPECT_LT(less.min_samples, more.min_samples);
    EXPECT_LT(less.sample_ms, more.sample_ms);
    EXPECT_GE(less.prunes, more.prunes);
  }
}

TEST_F(TunerTest, WhatThePeakRulesOutIsSparedUpToLevelThree) {
  peak = 1;  // at one FLOP a second nothing beats what is known
  for (int level : {3, 4}) {
    options.optimization_level = level;
    cache.clear();
    runs = {};
    Tuner tuner(options, device);
    EXPECT_TRUE(choose(tuner, problem).timed);
    EXPECT_EQ(tuner.pruned(), level == 3 ? 3 : 0);  // the first is timed, and test.c does not say what it must do
    EXPECT_EQ(runs[4] == 0, level == 3);
  }
}

TEST_F(TunerTest, TheLastCandidateIsNeverLost) {
  peak = 1;
  Tuner tuner(options, device);
  options.tactics = "test.b";
  const Choice& lone = choose(tuner, problem);
  EXPECT_EQ(lone.tactic->name, "test.b");
  EXPECT_FALSE(lone.beyond_limit);

  const backend::Problem other = backend::parse_problem("softmax{axis=1} (f32[4,9]) -> f32[4,9]");
  options.tactics = "test.?";
  const Choice& beyond = choose(tuner, other, 1e-9);  // no kernel takes a picosecond
  ASSERT_NE(beyond.tactic, nullptr);
  EXPECT_TRUE(beyond.beyond_limit);
  EXPECT_GT(beyond.milliseconds, 1e-9);
}

TEST_F(TunerTest, WhatWasGivenUpIsTimedWhenALaterLimitAsks) {
  Tuner tuner(options, device);
  EXPECT_TRUE(choose(tuner, problem, 1e-9).beyond_limit);
  const int before = tuner.timed();
  EXPECT_TRUE(choose(tuner, problem, 1e-9).beyond_limit);
  EXPECT_EQ(tuner.timed(), before);
  EXPECT_FALSE(choose(tuner, problem).beyond_limit);
  EXPECT_GT(tuner.timed(), before);
}

TEST_F(TunerTest, ACandidateThatIsClearlySlowerStopsEarly) {
  pause = std::chrono::milliseconds(2);
  for (int level : {3, 5}) {
    options.optimization_level = level;
    cache.clear();
    runs = {};
    remember(problem, "test.a", 1e-9);
    Tuner tuner(options, device);
    EXPECT_EQ(choose(tuner, problem).tactic->name, "test.a");
    EXPECT_EQ(runs[0], 0);
    if (level == 3)
      EXPECT_EQ(runs[3], 1);  // already the cold run is hopeless
    else
      EXPECT_GE(runs[3], 1 + effort_of(5).min_samples);
  }
}

TEST_F(TunerTest, AStallOfTheMachineIsNotTheKernels) {
  options.tactics = "test.a,test.b";
  remember(problem, "test.a", 0.05);
  stalls[1] = 3;  // the cold run, and more
  Tuner tuner(options, device);
  EXPECT_EQ(choose(tuner, problem).tactic->name, "test.b");
  EXPECT_GT(runs[1], 4);
}

TEST_F(TunerTest, ASecondTunerTimesNothing) {
  peak = 1;
  const backend::Tactic* chosen = nullptr;
  {
    Tuner tuner(options, device);
    chosen = choose(tuner, problem).tactic;
    EXPECT_GT(tuner.pruned(), 0);
  }
  runs = {};
  peak = 1e30;  // the measured peak is not the same each time
  options.fail_on_cache_miss = true;
  Tuner again(options, device);
  EXPECT_EQ(choose(again, problem).tactic, chosen);
  EXPECT_EQ(again.timed() + again.pruned() + total_runs(), 0);
}

TEST_F(TunerTest, WithoutTimeTheFirstOfTheListIsTaken) {
  options.budget_seconds = 0;
  Tuner tuner(options, device);
  const Choice& c = choose(tuner, problem);
  EXPECT_EQ(c.tactic->name, "test.a");
  EXPECT_FALSE(c.timed);
  EXPECT_EQ(total_runs(), 0);
  EXPECT_EQ(cache.size(), 0u);
}

TEST_F(TunerTest, WithoutTimeWhatTheCacheKnowsStillCounts) {
  options.budget_seconds = 0;
  remember(problem, "test.d", 0.5);
  Tuner tuner(options, device);
  EXPECT_EQ(choose(tuner, problem).tactic->name, "test.d");
}

TEST_F(TunerTest, ABudgetGoesToTheCostliestNodes) {
  const char* text = R"(
    input  %x : f32[2,2]
    input  %big : f32[200,200]
    %y = softmax{axis=1}(%x)
    %z = softmax{axis=1}(%big)
    output %y
    output %z)";
  tick = 1;
  options.budget_seconds = kTactics + 0.5;  // a second passes with each look at the clock
  const plan::Document doc = build(*ir::parse(text), options, device);
  ASSERT_EQ(doc.steps.size(), 2u);
  EXPECT_EQ(doc.steps[0].tuned_ms, 0);
  EXPECT_EQ(doc.steps[0].tactic, "test.a");
  EXPECT_GT(doc.steps[1].tuned_ms, 0);
}

TEST_F(TunerTest, LargerWeightsMustBeWorthTheirMemory) {
  static const std::array<backend::Tactic, 3> kTwo = {counting<0>("test.a", 1), doubling<1>("test.large"),
                                                      cpu::device().tactics().back()};
  backend::Device two = counting_device();
  two.tactics = []() -> std::span<const backend::Tactic> { return kTwo; };
  const backend::Problem p = backend::parse_problem("matmul (f32[8,64], const f32[64,64]) -> f32[8,64]");
  for (const auto& [large, chosen] : {std::pair{0.98, "test.a"}, {0.95, "test.large"}}) {
    cache.clear();
    remember(p, "test.a", 1);
    remember(p, "test.large", large);
    Tuner tuner(options, two);
    EXPECT_EQ(tuner.choose(p, std::vector<std::span<const std::byte>>(2)).tactic->name, chosen);
  }
}

TEST(PassesFilter, NamesAreAllowedByPatternsAndExcludedBehindAnExclamationMark) {
  EXPECT_TRUE(passes_filter("", "cpu.conv.jit"));
  EXPECT_TRUE(passes_filter("cpu.conv.*,cpu.pool.?", "cpu.conv.jit"));
  EXPECT_FALSE(passes_filter("cpu.conv.*,cpu.pool.?", "cpu.pool.row"));
  EXPECT_TRUE(passes_filter("!*.strassen*,!*.winograd*", "cpu.conv.jit_avx2"));
  EXPECT_FALSE(passes_filter("!*.strassen*,!*.winograd*", "cpu.conv.winograd4_avx2"));
  EXPECT_FALSE(passes_filter("cpu.conv.*,!*_avx2", "cpu.conv.jit_avx2"));
  EXPECT_FALSE(passes_filter("cpu.conv.*,!*_avx2", "cpu.pool.row"));
}

}  // namespace
}  // namespace dvt::builder
