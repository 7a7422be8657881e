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

/// The problem with one operand cut from a larger tensor, for each operand that can be: along axis 1, where its
/// channels or columns are, and along another axis that changes from problem to problem.
std::vector<Problem> sliced(const Problem& problem, size_t number) {
  std::vector<Problem> out;
  const size_t inputs = problem.inputs.size();
  for (size_t k = 0; k < inputs + problem.outputs.size(); ++k) {
    const auto operand = [&](Problem& p) -> Operand& { return k < inputs ? p.inputs[k] : p.outputs[k - inputs]; };
    Problem p = problem;
    const int rank = operand(p).rank();
    const DType type = operand(p).dtype;
    if (rank < 2 || operand(p).constant || bits(type) % 8 != 0 || type == DType::text) continue;
    for (const int axis : {1, static_cast<int>((number + k) % static_cast<size_t>(rank))}) {
      operand(p).slice_axis = axis;
      if (out.empty() || !(operand(out.back()) == operand(p))) out.push_back(p);
    }
  }
  return out;
}

TEST_P(EveryTactic, AgreesWithTheReferenceOnSlices) {
  size_t number = 0;
  for (const std::string& line : corpus(GetParam()))
    for (const Problem& problem : sliced(parse_problem(line), number++)) {
      SCOPED_TRACE(to_string(problem));
      EXPECT_EQ(to_string(parse_problem(to_string(problem))), to_string(problem));
      for (const char* isa : {"baseline", "avx2", "avx512"}) {
        const Target target = capped_target(isa, 2);
        if (!host_can_run(target)) continue;
        for (const Tactic& tactic : cpu::device().tactics())
          if (tactic.slices && tactic.supports(problem, target))
            EXPECT_EQ(check(tactic, problem, target, At::opt, 99), "") << repro(problem, tactic.name);
      }
    }
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
