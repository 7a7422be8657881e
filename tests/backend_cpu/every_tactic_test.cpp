#include <gtest/gtest.h>

#include <random>
#include <set>

#include "backend/cpu/cpu.h"
#include "base/concat.h"
#include "random_problems.h"
#include "tactic_check.h"

namespace dvt::test {
namespace {

using namespace backend;

class EveryTactic : public testing::TestWithParam<std::string> {};

bool has_ranges(const Problem& p) {
  for (const Operand& o : p.inputs)
    if (!o.is_static()) return true;
  return false;
}

void check_everywhere(const Problem& problem, std::set<std::string_view>& used) {
  const Device& device = cpu::device();
  for (const char* isa : {"baseline", "avx2", "avx512"})
    for (int threads : {1, 2}) {
      const Target target = capped_target(isa, threads);
      if (!host_can_run(target)) continue;
      for (const Tactic& tactic : device.tactics()) {
        if (!tactic.supports(problem, target)) continue;
        used.insert(tactic.name);
        for (At at : {At::opt, At::min, At::max}) {
          const std::string wrong = check(tactic, problem, target, at, 1234);
          EXPECT_EQ(wrong, "") << repro(problem, tactic.name) << "\n  isa " << isa << ", threads " << threads
                               << (at == At::min   ? ", at min"
                                   : at == At::max ? ", at max"
                                                   : "");
          if (!has_ranges(problem)) break;
        }
      }
    }
}

TEST_P(EveryTactic, AgreesWithTheReference) {
  std::set<std::string_view> used;
  for (const std::string& line : corpus(GetParam())) {
    SCOPED_TRACE(line);
    Problem problem;
    ASSERT_NO_THROW(problem = parse_problem(line));
    EXPECT_EQ(to_string(parse_problem(to_string(problem))), to_string(problem));
    check_everywhere(problem, used);
  }
  // A corpus that only the reference runs tests nothing, unless the operator has no other tactic.
  RecordProperty("tactics", static_cast<int>(used.size()));
}

TEST(RandomProblems, EveryTacticAgreesWithTheReference) {
  std::mt19937 random(20240607);
  std::set<std::string_view> used;
  for (int i = 0; i < 150; ++i) {
    const Problem problem = random_problem(random);
    SCOPED_TRACE(concat("problem ", i, ": ", problem));
    EXPECT_EQ(to_string(parse_problem(to_string(problem))), to_string(problem));
    check_everywhere(problem, used);
  }
}

std::string test_name(const testing::TestParamInfo<std::string>& info) { return info.param; }
INSTANTIATE_TEST_SUITE_P(Corpus, EveryTactic, testing::ValuesIn(corpus_names()), test_name);

}  // namespace
}  // namespace dvt::test
