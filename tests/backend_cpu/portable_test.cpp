// The portable products on the corpora of the generated ones, which take their place where no code can be generated.
#include <gtest/gtest.h>

#include "backend/cpu/cpu.h"
#include "base/concat.h"
#include "tactic_check.h"

namespace dvt::test {
namespace {

using namespace backend;

class Portable : public testing::TestWithParam<const char*> {};

TEST_P(Portable, AgreesWithTheReferenceWhereNoCodeCanBeGenerated) {
  const std::string op = GetParam();
  const Tactic* tactic = cpu::device().find(concat("cpu.", op, ".portable"));
  ASSERT_NE(tactic, nullptr);
  for (const std::string& line : corpus(op)) {
    const Problem problem = parse_problem(line);
    for (const char* isa : {"baseline", "avx2", "avx512"})
      for (int threads : {1, 2}) {
        Target target = capped_target(isa, threads);
        target.can_jit = false;
        if (!host_can_run(target)) continue;
        const Support support = tactic->supports(problem, target);
        EXPECT_TRUE(support) << problem.op.name() << ": " << support.reason();
        for (At at : {At::opt, At::min, At::max})
          EXPECT_EQ(check(*tactic, problem, target, at, 99), "")
              << repro(problem, tactic->name) << "\n  isa " << isa << ", threads " << threads;
      }
  }
}

TEST_P(Portable, LeavesToGeneratedCodeWhatItCanDo) {
  const std::string op = GetParam();
  const Problem problem = parse_problem(corpus(op)[0]);
  const Target target = capped_target("avx2", 1);
  if (!host_can_run(target) || !target.can_jit) GTEST_SKIP() << "generated code cannot be run";
  EXPECT_FALSE(cpu::device().find(concat("cpu.", op, ".portable"))->supports(problem, target));
}

INSTANTIATE_TEST_SUITE_P(Products, Portable, testing::Values("matmul", "conv", "conv_chain", "deconv"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace dvt::test
